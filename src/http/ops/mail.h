// Mail to an SMTP server, over TLS unless that is switched off.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace pawl::http {

struct MailOptions {
  std::string server;          // "smtp://host:587" (STARTTLS) or "smtps://host:465"; empty: no mail
  bool tls = true;             // without it nothing is sent to a server that offers no TLS
  std::string ca_file;         // PEM; empty: the system's
  std::string user, password;  // empty: none
  std::string from;
  std::vector<std::string> to;
};

// From alerts.smtp_* and alerts.mail_*. Throws Error(kInvalidInput) that names the key.
MailOptions mail_options(const Settings& settings);

// Blocks until the server has taken it or fifteen seconds are over; safe for threads. Throws
// Error(kIo) saying why it was not taken. Subject and text may hold anything.
void send_mail(const MailOptions& options, const std::string& subject, const std::string& text,
               const std::string& date);

}  // namespace pawl::http

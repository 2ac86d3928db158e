// Alerts to the outside: a webhook, signed, and mail.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "config/settings.h"
#include "http/net/client.h"
#include "http/ops/event_log.h"
#include "http/ops/mail.h"
#include "http/ops/workers.h"
#include "service/alerts.h"

namespace pawl::http {

// Loop thread only.
class AlertSender {
 public:
  // The references must outlive it, and what waits in `workers`. Throws Error(kInvalidInput) naming
  // the key of what cannot be sent to.
  AlertSender(Loop& loop, Workers& workers, const Settings& settings, EventLog& log);

  // POSTs {"rule", "tenant_id", "state", "message", "at"} with the header x-pawl-signature: sha256=
  // and the HMAC-SHA-256 of the body, and sends a mail with the same. Three attempts each, further
  // and further apart; then the log says so.
  void send(const service::Alert& alert);

 private:
  struct Letter {
    std::string subject, text, date;
  };
  void post(const std::string& body, int number);
  void mail(const Letter& letter, int number);
  void failed(const char* channel, const std::string& why, int number, std::function<void()> again);

  Loop& loop_;
  Workers& workers_;
  EventLog& log_;
  std::optional<Client> client_;
  std::string secret_;
  MailOptions mail_;
  std::map<uint64_t, Loop::Timer> waiting_;  // attempts that are to come
  uint64_t next_ = 0;
};

}  // namespace pawl::http

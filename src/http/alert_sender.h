// Alerts to a webhook, signed.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/settings.h"
#include "http/net/client.h"
#include "http/ops/event_log.h"
#include "service/alerts.h"

namespace pawl::http {

// Loop thread only.
class AlertSender {
 public:
  // Throws Error(kInvalidInput) naming the key when the webhook's URL is none.
  AlertSender(Loop& loop, const Settings& settings, EventLog& log);

  // POSTs {"rule", "tenant_id", "state", "message", "at"} with the header x-pawl-signature: sha256=
  // and the HMAC-SHA-256 of the body. Three attempts, further and further apart; then the log says
  // so.
  void send(const service::Alert& alert);

 private:
  void attempt(std::string body, int number);

  Loop& loop_;
  EventLog& log_;
  std::optional<Client> client_;
  std::string secret_;
  Loop::Timer again_;
};

}  // namespace pawl::http

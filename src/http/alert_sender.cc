#include "http/alert_sender.h"

#include <cstdlib>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

namespace pawl::http {
namespace {

constexpr int kAttempts = 3;

}  // namespace

AlertSender::AlertSender(Loop& loop, const Settings& settings, EventLog& log)
    : loop_(loop), log_(log) {
  const std::string& url = settings.text("alerts.webhook");
  if (url.empty()) return;
  try {
    client_.emplace(loop, parse_origin(url), ClientOptions());
  } catch (const Error& error) {
    throw error.within("alerts.webhook");
  }
  const char* secret = std::getenv(settings.text("alerts.webhook_secret_env").c_str());
  if (secret != nullptr) secret_ = secret;
}

void AlertSender::send(const service::Alert& alert) {
  if (!client_) return;
  Json body = Json::object();
  body["rule"] = alert.rule;
  body["tenant_id"] = alert.tenant.empty() ? Json() : Json(alert.tenant);
  body["state"] = alert.firing ? "firing" : "resolved";
  body["message"] = alert.message;
  body["at"] = format_time(alert.since);
  attempt(to_json(body), 1);
}

void AlertSender::attempt(std::string body, int number) {
  Headers headers = {{"Content-Type", "application/json"}};
  if (!secret_.empty()) headers.add("x-pawl-signature", "sha256=" + hmac_sha256_hex(secret_, body));
  const auto failed = [this, body, number](const std::string& why) {
    log_.write(LogLevel::kWarning, "alert_not_sent", {{"attempt", number}, {"reason", why}});
    if (number >= kAttempts) return;
    again_ = loop_.after(std::chrono::seconds(number * number),
                         [this, body, number] { attempt(body, number + 1); });
  };
  ClientEvents events;
  events.on_head = [failed](int status, const Headers&) {
    if (status / 100 != 2) failed("it answered " + std::to_string(status));
  };
  events.on_failure = [failed](ClientFailure, const std::string& why) { failed(why); };
  client_->send("POST", "", headers, body, std::move(events));
}

}  // namespace pawl::http

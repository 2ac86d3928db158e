#include "http/alert_sender.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

namespace pawl::http {
namespace {

constexpr int kAttempts = 3;

// RFC 5322, in UTC.
std::string mail_date(int64_t micros) {
  const std::time_t seconds = micros / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d +0000", kDays[parts.tm_wday],
                parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  return text;
}

}  // namespace

AlertSender::AlertSender(Loop& loop, Workers& workers, const Settings& settings, EventLog& log)
    : loop_(loop), workers_(workers), log_(log), mail_(mail_options(settings)) {
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
  const std::string state = alert.firing ? "firing" : "resolved";
  if (client_) {
    Json body = Json::object();
    body["rule"] = alert.rule;
    body["tenant_id"] = alert.tenant.empty() ? Json() : Json(alert.tenant);
    body["state"] = state;
    body["message"] = alert.message;
    body["at"] = format_time(alert.since);
    post(to_json(body), 1);
  }
  if (!mail_.server.empty()) {
    const std::string of = alert.tenant.empty() ? "" : " (" + alert.tenant + ")";
    mail({"[pawl] " + state + ": " + alert.rule + of,
          alert.message + "\n\nrule: " + alert.rule + "\nstate: " + state +
              "\ntenant: " + (alert.tenant.empty() ? "all" : alert.tenant) +
              "\nsince: " + format_time(alert.since) + "\n",
          mail_date(alert.since)},
         1);
  }
}

void AlertSender::post(const std::string& body, int number) {
  Headers headers = {{"Content-Type", "application/json"}};
  if (!secret_.empty()) headers.add("x-pawl-signature", "sha256=" + hmac_sha256_hex(secret_, body));
  const auto no = [this, body, number](const std::string& why) {
    failed("webhook", why, number, [this, body, number] { post(body, number + 1); });
  };
  ClientEvents events;
  events.on_head = [no](int status, const Headers&) {
    if (status / 100 != 2) no("it answered " + std::to_string(status));
  };
  events.on_failure = [no](ClientFailure, const std::string& why) { no(why); };
  client_->send("POST", "", headers, body, std::move(events));
}

void AlertSender::mail(const Letter& letter, int number) {
  const auto no = [this, letter, number](const std::string& why) {
    failed("mail", why, number, [this, letter, number] { mail(letter, number + 1); });
  };
  const bool taken = workers_.try_run([this, letter, no] {
    try {
      send_mail(mail_, letter.subject, letter.text, letter.date);
    } catch (const Error& error) {
      loop_.post([no, why = std::string(error.what())] { no(why); });
    }
  });
  if (!taken) no("too much waits already");
}

void AlertSender::failed(const char* channel, const std::string& why, int number,
                         std::function<void()> again) {
  log_.write(LogLevel::kWarning, "alert_not_sent",
             {{"channel", channel}, {"attempt", number}, {"reason", why}});
  if (number >= kAttempts) return;
  const uint64_t id = next_++;
  waiting_[id] =
      loop_.after(std::chrono::seconds(number * number), [this, id, again = std::move(again)] {
        const auto attempt = again;  // goes with its timer
        waiting_.erase(id);
        attempt();
      });
}

}  // namespace pawl::http

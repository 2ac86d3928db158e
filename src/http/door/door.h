// What every request passes through: an id, the route, the key, its limits, the handler on the
// right thread, and afterwards metrics, log and audit trail.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/env.h"
#include "http/door/gathering.h"
#include "http/door/idempotency.h"
#include "http/door/route.h"
#include "http/door/sessions.h"
#include "http/net/server.h"
#include "http/ops/event_log.h"
#include "http/ops/metrics.h"
#include "http/ops/workers.h"
#include "service/keys.h"

namespace pawl::http {

struct DoorOptions {
  bool open_on_loopback = false;
  bool log_requests = true;
  std::string tenant = "default";  // of callers whose key stands for every tenant
  size_t threads = 1;              // that answer side by side
};

// The references must outlive it.
struct DoorParts {
  Env& env;
  Loop& loop;
  Workers& workers;
  Store& store;
  service::Keys& keys;
  Metrics& metrics;
  EventLog& log;
};

class Door final : public Application {
 public:
  Door(DoorParts parts, RouteTable routes, DoorOptions options);

  std::variant<Admission, Response> admit(Request& head) override;
  void handle(std::shared_ptr<Exchange> exchange, const Admission& admission) override;
  Response refuse(int status, std::string_view detail) override;

  // For live handlers, when their answer is complete.
  void done(const Call& call, int status);
  const RouteTable& routes() const { return routes_; }
  Sessions& sessions() { return sessions_; }

 private:
  struct Bucket {
    double tokens = 0;
    Instant at;
  };
  std::optional<Response> identify(const Request& head, const Route& route, Call& call);
  std::optional<Response> authorize(const Request& head, const Route& route,
                                    const service::Key& key, Call& call);
  std::optional<service::Key> key_of_session(const Request& head, std::optional<Response>& refusal);
  std::optional<Response> choose_tenant(const Request& head, const std::string& bound, Call& call);
  // Seconds until this key may ask again; 0: now.
  int wait_of(const service::Key& key);
  void gather(const Route& route, GatheredCall call);
  void answer_gathered(const Route& route, Gathering& gathering);
  void deliver(const Route& route, std::vector<GatheredCall> calls);
  void turn_away(Call& call, Exchange& exchange);
  Response answer(const Route& route, Call& call);
  Response answer_once(const Route& route, Call& call);
  Response run(const Route& route, Call& call);
  void deny(const Call& call, const Route& route);
  void audit(const Call& call, const std::string& kind, const std::string& subject, int status);
  void finish_headers(const Call& call, Response& response) const;

  DoorParts parts_;
  RouteTable routes_;
  DoorOptions options_;
  Idempotency idempotency_;
  Sessions sessions_;
  std::map<std::string, Bucket, std::less<>> buckets_;  // by key; loop thread
  std::vector<std::unique_ptr<Gathering>> gatherings_;  // by route; null where each is alone
  std::vector<Histogram*> durations_;                   // by route
  std::vector<std::array<Counter*, 6>> counts_;         // by route and class of status
  Counter* denied_;
  Counter* unknown_;
};

}  // namespace pawl::http

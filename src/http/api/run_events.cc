#include "http/api/run_events.h"

#include "base/json_strings.h"
#include "http/api/fields.h"
#include "http/door/door.h"
#include "http/door/problem.h"

namespace pawl::http {
namespace {

constexpr Duration kEvery = std::chrono::milliseconds(200);
// So that nobody between takes the connection for dead.
constexpr int kSilentRounds = 75;

// Looks at the run now and then and tells of every change.
class RunFeed : public std::enable_shared_from_this<RunFeed> {
 public:
  RunFeed(const ApiParts& parts, std::shared_ptr<Exchange> exchange, Call call)
      : parts_(parts), exchange_(std::move(exchange)), call_(std::move(call)) {}

  void start() {
    exchange_->begin(200, {{"Content-Type", "text/event-stream"},
                           {"Cache-Control", "no-store"},
                           {"X-Request-Id", call_.id}});
    look();
  }

 private:
  void look() {
    const auto run = parts_.runner.find(call_.parameters.at("id"));
    if (!run || exchange_->gone()) return end();
    if (run->version != seen_ || first_) {
      first_ = false;
      seen_ = run->version;
      silent_ = 0;
      exchange_->write("event: progress\ndata: " + to_json(run_json(*run)) + "\n\n");
    } else if (++silent_ >= kSilentRounds) {
      silent_ = 0;
      exchange_->write(": still there\n\n");
    }
    if (run->finished_at || parts_.draining) return end();
    timer_ = parts_.loop.after(kEvery, [self = shared_from_this()] { self->look(); });
  }

  void end() {
    if (exchange_->gone())
      exchange_->abort();
    else
      exchange_->finish();
    (*parts_.door)->done(call_, 200);
  }

  ApiParts parts_;
  std::shared_ptr<Exchange> exchange_;
  Call call_;
  uint64_t seen_ = 0;
  bool first_ = true;
  int silent_ = 0;
  Loop::Timer timer_;
};

}  // namespace

Json run_json(const service::Run& run) {
  Json out = Json::object();
  out["run_id"] = run.id;
  out["tenant_id"] = run.tenant;
  out["state"] = run.state;
  out["cycle_id"] = run.cycle_id.empty() ? Json() : Json(run.cycle_id);
  out["stage"] = run.stage.empty() ? Json() : Json(run.stage);
  out["steps_done"] = run.done;
  out["steps_total"] = run.total;
  out["notes"] = json_strings(run.notes);
  out["asked_at"] = time_json(run.asked_at);
  out["started_at"] = time_json(run.started_at);
  out["finished_at"] = time_json(run.finished_at);
  out["status"] = run.status.empty() ? Json() : Json(run.status);
  out["reason"] = run.reason.empty() ? Json() : Json(run.reason);
  return out;
}

void send_run_events(const ApiParts& parts, std::shared_ptr<Exchange> exchange, Call call) {
  const auto run = parts.runner.find(call.parameters.at("id"));
  if (!run || run->tenant != call.caller.tenant) {
    Response refusal = problem(404, "there is no run " + call.parameters.at("id"));
    refusal.headers.add("X-Request-Id", call.id);
    (*parts.door)->done(call, 404);
    return exchange->respond(std::move(refusal));
  }
  std::make_shared<RunFeed>(parts, std::move(exchange), std::move(call))->start();
}

}  // namespace pawl::http

#include "http/serve.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/thread_class.h"
#include "http/alert_sender.h"
#include "http/api/api.h"
#include "http/api/openapi.h"
#include "http/door/door.h"
#include "http/net/loop.h"
#include "http/ops/sd_notify.h"
#include "service/erasure.h"
#include "service/retention.h"

namespace pawl::http {
namespace {

// "127.0.0.1:8765", "[::1]:8765".
void read_listen(const std::string& text, ServerOptions& options) {
  const size_t colon = text.rfind(':');
  const auto fail = [&text] {
    throw Error(ErrorKind::kInvalidInput,
                "serve.listen: " + text + " must be an address and a port, as 127.0.0.1:8765");
  };
  if (colon == std::string::npos) fail();
  options.address = text.substr(0, colon);
  if (options.address.starts_with('[') && options.address.ends_with(']'))
    options.address = options.address.substr(1, options.address.size() - 2);
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, options.port);
  if (parsed.ec != std::errc() || parsed.ptr != end) fail();
}

ServerOptions server_options(const Settings& settings) {
  ServerOptions options;
  read_listen(settings.text("serve.listen"), options);
  options.tls_certificate = settings.text("serve.tls_certificate");
  options.tls_key = settings.text("serve.tls_key");
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    throw Error(ErrorKind::kInvalidInput,
                "serve.tls_certificate and serve.tls_key: both or neither must be set");
  }
  options.max_connections = static_cast<size_t>(settings.integer("serve.max_connections"));
  options.head_timeout = seconds(settings.number("serve.head_seconds"));
  options.body_timeout = seconds(settings.number("serve.body_seconds"));
  options.idle_timeout = seconds(settings.number("serve.idle_seconds"));
  return options;
}

EventLogOptions log_options(const Settings& settings) {
  EventLogOptions options;
  options.file = settings.text("serve.log_file");
  options.least = log_level(settings.text("serve.log_level"));
  options.max_bytes = static_cast<uint64_t>(settings.integer("serve.log_max_mb")) << 20;
  options.max_age_seconds = settings.integer("serve.log_max_hours") * 3600;
  options.keep = static_cast<int>(settings.integer("serve.log_keep"));
  return options;
}

service::EngineOptions watching_by_itself(service::EngineOptions options) {
  options.watch_while_collecting = false;
  return options;
}

// Everything in the order in which it must stand; it goes in the reverse.
class Service {
 public:
  Service(Env& env, service::EngineOptions options)
      : env_(env),
        settings_(options.settings),
        server_options_(server_options(settings_)),
        upstreams_(read_upstreams(settings_)),
        log_(env, log_options(settings_)),
        engine_(env, watching_by_itself(std::move(options))),
        erasures_(engine_),
        keys_(env, engine_.store()),
        workers_(static_cast<size_t>(settings_.integer("serve.workers")),
                 static_cast<size_t>(settings_.integer("serve.max_waiting"))),
        gateway_({env, loop_, workers_, engine_, metrics_, log_}, gateway_options(settings_),
                 std::move(upstreams_)),
        sender_(loop_, workers_, settings_, log_),
        alerts_(
            engine_, [this] { return facts(); },
            [this](const service::Alert& alert) { tell(alert); }),
        runner_(engine_, [this](const service::Run& run) { cycle_over(run); }) {
    RouteTable table;
    add_routes(table);
    door_.emplace(
        DoorParts{env, loop_, workers_, engine_.store(), keys_, metrics_, log_}, std::move(table),
        DoorOptions{settings_.flag("serve.open_on_loopback"), settings_.flag("serve.log_requests"),
                    settings_.text("gateway.tenant"), answering_threads()});
    door_pointer_ = &*door_;
    gateway_.open(*door_);
    describe_process();
  }

  ~Service() {
    // Threads that call into the others end first.
    scheduler_.reset();
    workers_.finish();
  }

  void run(const ServeEvents& events) {
    const std::string key = first_key();
    server_.emplace(loop_, *door_, server_options_);
    if (settings_.flag("scheduler.enabled"))
      scheduler_.emplace(engine_, runner_, [this](const std::string& why) {
        log_.write(LogLevel::kWarning, "schedule", {{"reason", why}});
      });
    loop_.on_signals({SIGTERM, SIGINT}, [this](int signal) { stop(signal); });
    tick();
    log_.write(LogLevel::kInfo, "started",
               {{"address", server_options_.address}, {"port", server_->port()}});
    notify_service_manager("READY=1");
    if (events.on_ready) events.on_ready(url(), key);
    hurry_this_thread("pawl-loop");
    loop_.run();
    log_.write(LogLevel::kInfo, "stopped");
  }

  void add_routes(RouteTable& table) {
    const ApiParts parts{
        env_,           loop_,
        engine_,        keys_,
        runner_,        alerts_,
        metrics_,       log_,
        gateway_,       draining_,
        &door_pointer_, static_cast<size_t>(settings_.integer("serve.max_body_mb")) << 20};
    add_operation_routes(table, parts);
    add_session_routes(table, parts);
    add_dashboard_routes(table);
    add_understanding_routes(table, parts);
    add_learning_routes(table, parts);
    add_schedule_routes(table, parts);
    add_administration_routes(table, parts);
    gateway_.add_routes(table);
  }

 private:
  std::string url() const {
    const bool six = server_options_.address.find(':') != std::string::npos;
    return std::string(server_options_.tls_key.empty() ? "http" : "https") + "://" +
           (six ? "[" + server_options_.address + "]" : server_options_.address) + ":" +
           std::to_string(server_->port());
  }

  // Those among the workers that find a core.
  size_t answering_threads() const {
    const auto workers = static_cast<size_t>(settings_.integer("serve.workers"));
    return std::clamp<size_t>(std::thread::hardware_concurrency(), 1, workers);
  }

  std::string first_key() {
    if (!keys_.empty()) return "";
    return keys_
        .create({.name = "first",
                 .role = service::Role::kAdmin,
                 .tenant = std::string(service::kEveryTenant),
                 .expires_at = {}},
                "pawl serve")
        .token;
  }

  void stop(int signal) {
    if (draining_.exchange(true)) return loop_.stop();  // asked twice
    log_.write(LogLevel::kInfo, "stopping", {{"signal", signal}});
    notify_service_manager("STOPPING=1");
    server_->drain(seconds(settings_.number("serve.drain_seconds")), [this] { loop_.stop(); });
  }

  // What is due now and then: other processes' keys, alerts.
  void tick() {
    workers_.try_run([this] {
      try {
        keys_.refresh();
      } catch (const Error& error) {
        log_.write(LogLevel::kError, "keys_not_read", {{"reason", error.what()}});
      }
      notice_erasures();
    });
    const double every = settings_.number("alerts.check_seconds");
    if (last_check_ == Instant() ||
        std::chrono::steady_clock::now() - last_check_ >= seconds(every)) {
      last_check_ = std::chrono::steady_clock::now();
      workers_.try_run([this] {
        try {
          watch();
          go_on_erasing();
          alerts_.check();
          if (settings_.flag("scheduler.enabled")) service::prune_when_due(engine_, "schedule");
        } catch (const std::exception& error) {
          log_.write(LogLevel::kError, "alerts_not_checked", {{"reason", error.what()}});
        }
      });
    }
    ticker_ = loop_.after(std::min<Duration>(seconds(every), std::chrono::seconds(2)),
                          [this] { tick(); });
  }

  // Of the command line, or of another service on this workspace.
  void notice_erasures() {
    const std::unique_lock only_one(noticing_, std::try_to_lock);
    if (!only_one.owns_lock()) return;
    try {
      for (const std::string& tenant : erasures_.look())
        log_.write(LogLevel::kInfo, "texts_forgotten", {{"tenant", tenant}});
    } catch (const std::exception& error) {
      log_.write(LogLevel::kError, "texts_not_forgotten", {{"reason", error.what()}});
    }
  }

  // Cheap while nothing bakes, and where nobody said anything since.
  void watch() {
    for (const std::string& tenant : engine_.tenants()) {
      const auto watched = engine_.tenant(tenant).watch();
      for (const std::string& what : watched.warnings)
        log_.write(LogLevel::kWarning, "rollout", {{"tenant", tenant}, {"message", what}});
    }
  }

  // What a process left that ended, or another one was in the way of.
  void go_on_erasing() {
    for (const std::string& tenant : engine_.tenants()) {
      if (!runner_.of_tenant(tenant) && service::erasure_is_due(engine_, tenant))
        runner_.finish_erasure(tenant, "service", {});
    }
  }

  double taken_back() {
    int64_t sum = 0;
    for (const std::string& tenant : engine_.tenants()) {
      const auto counters =
          read_from(engine_.store(), [&](Transaction& t) { return t.counters(tenant); });
      const auto found = counters.find("generations.taken_back");
      if (found != counters.end()) sum += found->second;
    }
    return static_cast<double>(sum);
  }

  service::ProcessFacts facts() {
    service::ProcessFacts facts;
    for (const auto& upstream : gateway_.upstreams()) {
      if (upstream->breaker.failing()) facts.resting_upstreams.push_back(upstream->options.name);
    }
    return facts;
  }

  void tell(const service::Alert& alert) {
    log_.write(alert.firing ? LogLevel::kWarning : LogLevel::kInfo,
               alert.firing ? "alert" : "recovered",
               {{"rule", alert.rule}, {"tenant", alert.tenant}, {"message", alert.message}});
    loop_.post([this, alert] { sender_.send(alert); });
  }

  void cycle_over(const service::Run& run) {
    metrics_
        .counter("pawl_cycles_total", "Learning cycles of this process, by how they ended.",
                 {{"status", run.status}})
        .add();
    log_.write(run.state == "failed" ? LogLevel::kError : LogLevel::kInfo, "cycle",
               {{"run", run.id},
                {"tenant", run.tenant},
                {"actor", run.actor},
                {"status", run.status},
                // Of a cycle that is over it names labels, which are what people said.
                {"reason", run.state == "failed" ? run.reason : ""}});
    try {
      if (scheduler_) scheduler_->over(run);
    } catch (const Error& error) {
      log_.write(LogLevel::kError, "schedule", {{"reason", error.what()}});
    }
  }

  void describe_process() {
    metrics_.gauge("pawl_http_connections", "Open connections.", {},
                   [this] { return static_cast<double>(server_->counts().open); });
    metrics_.counter_from("pawl_http_malformed_total", "Requests that were no HTTP or too large.",
                          {}, [this] { return static_cast<double>(server_->counts().malformed); });
    metrics_.gauge("pawl_http_waiting", "Requests that wait for a thread.", {},
                   [this] { return static_cast<double>(workers_.waiting()); });
    metrics_.counter_from("pawl_log_lost_total", "Lines of the log that could not be written.", {},
                          [this] { return static_cast<double>(log_.lost()); });
    metrics_.counter_from("pawl_generations_taken_back_total",
                          "Generations of this workspace that did worse on live traffic.", {},
                          [this] { return taken_back(); });
    metrics_.gauge("pawl_alerts_firing", "Alerts that hold now.", {},
                   [this] { return static_cast<double>(alerts_.firing().size()); });
  }

  Env& env_;
  Settings settings_;
  ServerOptions server_options_;
  std::vector<UpstreamOptions> upstreams_;
  EventLog log_;
  Metrics metrics_;
  Loop loop_;
  service::Engine engine_;
  service::ErasureWatch erasures_;
  std::mutex noticing_;  // of erasures_
  service::Keys keys_;
  std::atomic<bool> draining_{false};
  Door* door_pointer_ = nullptr;
  Workers workers_;
  Gateway gateway_;
  AlertSender sender_;
  service::Alerts alerts_;
  std::optional<service::Scheduler> scheduler_;
  service::CycleRunner runner_;
  std::optional<Door> door_;
  std::optional<Server> server_;
  Loop::Timer ticker_;
  Instant last_check_;
};

}  // namespace

void serve(Env& env, service::EngineOptions options, const ServeEvents& events) {
  Service service(env, std::move(options));
  service.run(events);
}

}  // namespace pawl::http

#include "service/schedules.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/json.h"
#include "service/cron.h"

namespace pawl::service {
namespace {

constexpr const char* kKind = "schedule";
constexpr int64_t kSecond = 1'000'000;
// Later than this a run counts as missed.
constexpr int64_t kGrace = 120 * kSecond;

Json or_null(const std::optional<int64_t>& value) {
  return value ? Json(*value) : Json();
}

std::optional<int64_t> optional_integer(const Json& body, const char* key) {
  const Json& value = body.at(key);
  return value.is_null() ? std::nullopt : std::optional<int64_t>(value.as_int());
}

std::string to_body(const Schedule& s) {
  Json body = Json::object();
  body["name"] = s.name;
  body["cron"] = s.cron;
  body["time_zone"] = s.time_zone;
  body["when_labelled"] = s.when_labelled;
  body["paused"] = s.paused;
  body["catch_up"] = s.catch_up;
  body["force"] = s.force;
  body["created_at"] = s.created_at;
  body["next_at"] = or_null(s.next_at);
  body["last_at"] = or_null(s.last_at);
  body["last_status"] = s.last_status;
  body["last_reason"] = s.last_reason;
  body["failures"] = s.failures;
  body["cooling_until"] = or_null(s.cooling_until);
  return to_json(body);
}

Schedule from_record(const DocumentRecord& record) {
  const Json body = parse_json(record.body);
  Schedule s;
  s.id = record.document_id;
  s.tenant = record.tenant_id;
  s.name = body.at("name").as_string();
  s.cron = body.at("cron").as_string();
  s.time_zone = body.at("time_zone").as_string();
  s.when_labelled = body.at("when_labelled").as_int();
  s.paused = body.at("paused").as_bool();
  s.catch_up = body.at("catch_up").as_bool();
  s.force = body.at("force").as_bool();
  s.created_at = body.at("created_at").as_int();
  s.next_at = optional_integer(body, "next_at");
  s.last_at = optional_integer(body, "last_at");
  s.last_status = body.at("last_status").as_string();
  s.last_reason = body.at("last_reason").as_string();
  s.failures = body.at("failures").as_int();
  s.cooling_until = optional_integer(body, "cooling_until");
  return s;
}

std::optional<int64_t> next_time(const Schedule& s, int64_t now) {
  if (s.cron.empty()) return std::nullopt;
  const auto next = Cron::parse(s.cron).next(now / kSecond, *TimeZone::load(s.time_zone));
  return next ? std::optional(*next * kSecond) : std::nullopt;
}

void put(Transaction& t, const Schedule& s, int64_t now) {
  t.put_document(
      {.tenant_id = s.tenant, .kind = kKind, .document_id = s.id, .body = to_body(s), .at = now});
}

[[noreturn]] void fail_unknown(const std::string& id) {
  throw Error(ErrorKind::kNotFound, "there is no schedule " + id);
}

}  // namespace

void check_schedule(const Schedule& s) {
  const auto fail = [](const char* what) { throw Error(ErrorKind::kInvalidInput, what); };
  if (s.name.size() > 200) fail("\"name\" may have 200 bytes");
  if (s.cron.empty() && s.when_labelled == 0)
    fail("\"cron\" or \"when_labelled\" must say when it runs");
  if (s.when_labelled < 0 || s.when_labelled > 1'000'000'000)
    fail("\"when_labelled\" must be 0 (never) to 1000000000");
  const auto zone = TimeZone::load(s.time_zone);
  if (!s.cron.empty() && !Cron::parse(s.cron).next(0, *zone))
    fail("\"cron\" names a day that never comes");
}

std::vector<Schedule> schedules(Engine& engine, const std::string& tenant) {
  engine.tenant(tenant).require();
  std::vector<Schedule> found;
  for (const auto& record :
       read_from(engine.store(), [&](Transaction& t) { return t.documents(tenant, kKind); }))
    found.push_back(from_record(record));
  return found;
}

Schedule schedule(Engine& engine, const std::string& tenant, const std::string& id) {
  const auto record =
      read_from(engine.store(), [&](Transaction& t) { return t.document(tenant, kKind, id); });
  if (!record) fail_unknown(id);
  return from_record(*record);
}

Schedule put_schedule(Engine& engine, Schedule s) {
  engine.tenant(s.tenant).require();
  check_schedule(s);
  const int64_t now = engine.env().now_micros();
  if (s.id.empty()) {
    s.id = new_uuid(engine.env());
    s.created_at = now;
  }
  s.next_at = next_time(s, now);
  write_to(engine.store(), [&](Transaction& t) { put(t, s, now); });
  return s;
}

void remove_schedule(Engine& engine, const std::string& tenant, const std::string& id) {
  const bool removed = write_to(
      engine.store(), [&](Transaction& t) { return t.remove_document(tenant, kKind, id); });
  if (!removed) fail_unknown(id);
}

Scheduler::Scheduler(Engine& engine, CycleRunner& runner,
                     std::function<void(const std::string&)> say)
    : engine_(engine), runner_(runner), say_(std::move(say)), thread_([this] { work(); }) {}

Scheduler::~Scheduler() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Scheduler::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    try {
      look();
    } catch (const std::exception& error) {
      say_(error.what());
    }
    lock.lock();
    wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; });
  }
}

void Scheduler::look() {
  const int64_t now = engine_.env().now_micros();
  for (const std::string& tenant : engine_.tenants()) {
    for (Schedule& s : schedules(engine_, tenant)) look_at(std::move(s), now);
  }
}

bool Scheduler::enough_labelled(const Schedule& s) {
  if (s.when_labelled == 0) return false;
  return read_from(engine_.store(), [&](Transaction& t) {
    int64_t after = 0;
    for (const CycleRecord& cycle : t.recent_cycles(s.tenant, 20))
      after = std::max(after, cycle.to_sequence);
    return t.count_turns_judged(s.tenant, {.after = after}) >= s.when_labelled;
  });
}

std::string Scheduler::hindrance() const {
  const Settings settings = engine_.settings();
  if (free_memory_mb() < settings.integer("scheduler.min_free_mb"))
    return "less memory is free than scheduler.min_free_mb";
  const double most = settings.number("scheduler.max_load");
  if (most > 0 && load_per_core() > most) return "the load is above scheduler.max_load";
  return "";
}

// Whoever moves next_at on runs it: a compare and set over all processes.
void Scheduler::look_at(Schedule s, int64_t now) {
  const bool due = s.next_at && *s.next_at <= now;
  const bool gathered = !due && !s.paused && enough_labelled(s) && !runner_.of_tenant(s.tenant) &&
                        (!s.last_at || now - *s.last_at > 60 * kSecond);
  if (!due && !gathered) return;
  const bool missed = due && now - *s.next_at > kGrace;
  const bool cooling = s.cooling_until && *s.cooling_until > now;
  const bool wanted = !s.paused && !cooling && (gathered || !missed || s.catch_up);
  const std::string hindered = wanted ? hindrance() : "";
  const std::optional<int64_t> seen_next = s.next_at, seen_last = s.last_at;
  if (due) s.next_at = next_time(s, now);
  if (wanted) s.last_at = now;
  if (!hindered.empty()) {
    s.last_status = "skipped";
    s.last_reason = hindered;
  }
  const bool mine = write_to(engine_.store(), [&](Transaction& t) {
    const auto record = t.document(s.tenant, kKind, s.id);
    if (!record) return false;
    const Schedule current = from_record(*record);
    if (current.next_at != seen_next || current.last_at != seen_last) return false;
    put(t, s, now);
    return true;
  });
  if (!mine || !wanted) return;
  if (!hindered.empty()) return say_("schedule " + s.id + " was due, but " + hindered);
  start(s);
}

void Scheduler::start(const Schedule& s) {
  const Settings settings = engine_.settings();
  try {
    runner_.start(s.tenant, s.force, "schedule:" + s.id,
                  {.max_minutes = settings.number("scheduler.max_minutes"),
                   .min_free_mb = settings.integer("scheduler.min_free_mb")});
  } catch (const Error& error) {
    say_("schedule " + s.id + ": " + error.what());
  }
}

void Scheduler::over(const Run& run) {
  constexpr std::string_view kActor = "schedule:";
  if (!run.actor.starts_with(kActor)) return;
  const std::string id = run.actor.substr(kActor.size());
  const Settings settings = engine_.settings();
  const int64_t now = engine_.env().now_micros();
  write_to(engine_.store(), [&](Transaction& t) {
    const auto record = t.document(run.tenant, kKind, id);
    if (!record) return;
    Schedule s = from_record(*record);
    s.last_status = run.status;
    s.last_reason = run.reason;
    s.failures = run.state == "failed" ? s.failures + 1 : 0;
    s.cooling_until = std::nullopt;
    if (s.failures >= settings.integer("scheduler.max_failures")) {
      s.cooling_until =
          now + static_cast<int64_t>(settings.number("scheduler.cooling_minutes") * 60e6);
    }
    put(t, s, now);
  });
}

}  // namespace pawl::service

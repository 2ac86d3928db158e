#include "service/retention.h"

#include <charconv>

#include "base/error.h"
#include "base/json.h"

namespace pawl::service {
namespace {

constexpr int64_t kHour = int64_t{3600} * 1000000;
constexpr const char* kPrunedWhen = "retention.looked_at";

EventRecord event_of(const std::string& tenant, const std::string& actor, int64_t now,
                     const PrunedCounts& counts) {
  Json details = Json::object();
  details["turns"] = counts.turns;
  details["feedback"] = counts.feedback;
  details["examples"] = counts.examples;
  details["memories"] = counts.memories;
  details["events"] = counts.events;
  EventRecord event;
  event.tenant_id = tenant;
  event.at = now;
  event.actor = actor;
  event.kind = "pruned";
  event.subject = "older than the settings allow";
  event.details = to_json(details);
  return event;
}

bool is_due(Engine& engine, int64_t now) {
  const int64_t hours = engine.settings().integer("privacy.prune_hours");
  if (hours == 0) return false;
  const auto last =
      read_from(engine.store(), [&](Transaction& t) { return t.value("", kPrunedWhen); });
  int64_t at = 0;
  if (last) std::from_chars(last->data(), last->data() + last->size(), at);
  return now - at >= hours * kHour || at > now;
}

}  // namespace

RetentionLimits retention_limits(const Settings& settings, int64_t now) {
  const auto before = [&](std::string_view name) -> std::optional<int64_t> {
    const int64_t days = settings.integer(name);
    if (days == 0) return std::nullopt;
    return now - days * 24 * kHour;
  };
  return {.turns = before("privacy.keep_turns_days"),
          .feedback = before("privacy.keep_feedback_days"),
          .examples = before("privacy.keep_examples_days"),
          .memories = before("privacy.keep_memory_days"),
          .events = before("privacy.keep_audit_days")};
}

PrunedCounts prune(Engine& engine, const std::string& tenant, const std::string& actor,
                   bool dry_run) {
  engine.tenant(tenant).require();
  const int64_t now = engine.env().now_micros();
  const RetentionLimits limits = retention_limits(engine.settings(), now);
  if (dry_run) return engine.store().begin_write()->prune_older(tenant, limits);
  const auto lease = engine.store().acquire_lease(tenant);
  if (lease == nullptr) {
    throw Error(ErrorKind::kBusy, "a learning cycle of tenant \"" + tenant +
                                      "\" is at work; nothing was pruned, try again when it is over");
  }
  const PrunedCounts counts = write_to(engine.store(), [&](Transaction& t) {
    t.require_lease(tenant, lease->token());
    const PrunedCounts pruned = t.prune_older(tenant, limits);
    if (pruned.any()) t.add_event(event_of(tenant, actor, now, pruned));
    return pruned;
  });
  if (counts.any()) engine.store().compact();
  return counts;
}

void prune_when_due(Engine& engine, const std::string& actor) {
  const int64_t now = engine.env().now_micros();
  if (!is_due(engine, now)) return;
  bool all = true;
  for (const std::string& tenant : engine.tenants()) {
    try {
      prune(engine, tenant, actor);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kBusy) throw;
      all = false;
    }
  }
  if (!all) return;
  write_to(engine.store(),
           [&](Transaction& t) { t.set_value("", kPrunedWhen, std::to_string(now)); });
}

}  // namespace pawl::service

#include "cli/streams.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "service/audit.h"

namespace pawl::cli {
namespace {

Json event_json(const EventRecord& event) {
  return Json::Object{{"sequence", event.sequence},
                      {"at", format_time(event.at)},
                      {"actor", event.actor},
                      {"kind", event.kind},
                      {"subject", event.subject},
                      {"details", event.details.empty() ? Json::object() : parse_json(event.details)},
                      {"hash", event.hash}};
}

class AuditVerb : public Verb {
 public:
  std::string name() const override { return "audit"; }
  std::string summary() const override { return "Who did what, as a chain of hashes"; }
  std::string details() const override {
    return "Oldest first: decisions of cycles, changes of what is live, erasures, who read or took "
           "along what people said. Never what they said. Each event's hash covers the one before: "
           "--verify finds the first that was changed, removed or moved, and ends with status 1.\n\n"
           "  pawl audit --limit 50\n  pawl audit --verify\n  pawl audit --json";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.flag("--verify", verify_, "Only say whether the trail is whole");
    options.integer("--limit", limit_, "Events to print, the newest");
    options.flag("--json", json_, "Print JSON");
  }

  int run(Context& context) override {
    if (limit_ < 1) throw UsageError("--limit must be at least 1");
    const auto engine = arguments_.open(context.env);
    const auto trail = service::audit_trail(*engine, arguments_.tenant_id(),
                                            verify_ ? 1 : static_cast<size_t>(limit_));
    if (json_)
      print_json(shown(trail));
    else if (verify_)
      print_line(trail.broken ? trail.broken->what : "the audit trail is whole");
    else
      print_events(trail.events);
    if (trail.broken && !verify_) context.warn(trail.broken->what);
    return verify_ && trail.broken ? kFailed : kDone;
  }

 private:
  Json shown(const service::AuditTrail& trail) const {
    Json out = Json::Object{
        {"whole", !trail.broken.has_value()},
        {"broken_at", trail.broken ? Json(trail.broken->sequence) : Json()},
        {"broken", trail.broken ? Json(trail.broken->what) : Json()}};
    if (verify_) return out;
    Json events = Json::array();
    for (const EventRecord& event : trail.events) events.push_back(event_json(event));
    out["events"] = std::move(events);
    return out;
  }

  static void print_events(const std::vector<EventRecord>& events) {
    std::vector<std::vector<std::string>> rows = {{"event", "at (UTC)", "who", "what", "of", "more"}};
    for (const EventRecord& e : events)
      rows.push_back({std::to_string(e.sequence), minute_of(e.at), e.actor, e.kind, e.subject,
                      e.details == "{}" ? "" : e.details});
    print_table(rows);
  }

  WorkspaceArguments arguments_;
  int64_t limit_ = 100;
  bool verify_ = false, json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_audit_verb() {
  return std::make_unique<AuditVerb>();
}

}  // namespace pawl::cli

#include <cstdio>

#include "base/error.h"
#include "cli/streams.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "wire/status_json.h"

namespace pawl::cli {
namespace {

constexpr size_t kShownDamage = 3;  // rows

std::string number_in(const Json& result, const char* key) {
  const Json* value = result.find(key);
  return value != nullptr && value->is_number() ? to_json(*value) : "-";
}

std::string first_words(const std::string& text, size_t count) {
  size_t end = 0;
  for (size_t words = 0; words < count && end < text.size(); ++words) {
    end = std::min(text.find(' ', end + 1), text.size());
  }
  return text.substr(0, end) + (end < text.size() ? " …" : "");
}

// What happened, in about five words.
std::string why(const service::CycleView& cycle, const Json& result, const Json& validation) {
  if (cycle.status == "skipped") return "too little feedback yet";
  if (cycle.status == "failed") {
    const Json* error = result.find("error_message");
    const bool told = error != nullptr && error->is_string();
    return first_words(told ? error->as_string() : cycle.reason, 5);
  }
  if (cycle.status == "rolled_back") return first_words(cycle.reason, 12);
  if (cycle.status != "completed") return "unfinished; 'pawl learn' resumes it";
  return validation.is_object() ? why_in_short(validation) : first_words(cycle.reason, 5);
}

std::vector<std::string> row_of(const service::CycleView& cycle) {
  const Json result = wire::to_json_value(cycle);
  const Json* found = result.find("validation");
  const Json validation = found != nullptr && found->is_object() ? *found : Json();
  std::string figures = validation.is_object() ? before_and_after(validation) : "";
  return {minute_of(cycle.started_at),
          cycle.status,
          number_in(result, "data_collected"),
          duration(cycle.training_seconds),
          cycle.model_improved ? cycle.generation : "-",
          figures.empty() ? "-" : figures,
          why(cycle, result, validation),
          cycle.cycle_id};
}

class StatusVerb : public Verb {
 public:
  std::string name() const override { return "status"; }
  std::string summary() const override { return "Learning metrics and history"; }
  std::string details() const override {
    return "  pawl status              figures, and the newest cycles\n"
           "  pawl status --why ID     everything one cycle says of itself\n"
           "  pawl status --json";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.flag("--json", json_, "Print everything as JSON");
    options.text("--why", why_, "A cycle: print its whole reason, figures and tests");
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const service::Tenant tenant = engine->tenant(arguments_.tenant_id());
    if (!why_.empty()) {
      const service::CycleView cycle = tenant.cycle(why_);
      if (!json_ && !cycle.reason.empty()) print_line(cycle.reason);
      print_line(to_json(wire::to_json_value(cycle), {.indent = json_ ? -1 : 1}));
      return kDone;
    }
    const service::Status status = tenant.status();
    if (json_) {
      print_json(wire::to_json_value(status));
    } else {
      print_figures(status);
      print_cycles(status);
    }
    return kDone;
  }

 private:
  static std::string phase(const service::RolloutView& rollout) {
    std::string text = rollout.phase.empty() ? "-" : rollout.phase;
    if (!rollout.note.empty()) text += ": " + rollout.note;
    const Json live = parse_json(rollout.live);
    if (rollout.phase == "baking" && live.find("turns") != nullptr) {
      text += ", over " + to_json(live.at("turns")) + " turns; evidence that it is worse " +
              rounded(live.at("evidence").as_double()) + " of " +
              rounded(live.at("evidence_needed").as_double());
    }
    return text;
  }

  static std::string rounded(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", number);
    return text;
  }

  static std::string damaged(const std::vector<QuarantineRecord>& rows) {
    std::string text = std::to_string(rows.size());
    if (rows.empty()) return text;
    text += " were passed over: ";
    for (size_t i = 0; i < rows.size() && i < kShownDamage; ++i)
      text += (i == 0 ? "" : "; ") + rows[i].subject + " (" + rows[i].reason + ")";
    return rows.size() > kShownDamage ? text + " ..." : text;
  }

  static void print_figures(const service::Status& status) {
    const auto count = [](uint64_t n) { return std::to_string(n); };
    print_table(
        {{"tenant", status.tenant_id},
         {"live generation", status.live.generation + ", since " + minute_of(status.live.since)},
         {"phase", phase(status.live.rollout)},
         {"in the shadow",
          status.shadowing.empty() ? "-" : status.shadowing + ": " + status.shadow.note},
         {"turns", count(status.turns)},
         {"cycles", count(status.total_cycles) + ": " + count(status.successful_cycles) +
                        " completed, " + count(status.failed_cycles) + " failed, " +
                        count(status.skipped_cycles) + " skipped"},
         {"damaged rows", damaged(status.damaged)},
         {"improvements", count(status.model_improvements)},
         {"training", duration(status.average_training_seconds) + " on average"}});
  }

  static void print_cycles(const service::Status& status) {
    if (status.recent_cycles.empty()) return;
    print_line("");
    std::vector<std::vector<std::string>> rows = {
        {"cycle (UTC)", "status", "feedback", "training", "live", "before → after", "why", "id"}};
    for (const auto& cycle : status.recent_cycles) rows.push_back(row_of(cycle));
    print_table(rows);
  }

  WorkspaceArguments arguments_;
  bool json_ = false;
  std::string why_;
};

}  // namespace

std::unique_ptr<Verb> make_status_verb() {
  return std::make_unique<StatusVerb>();
}

}  // namespace pawl::cli

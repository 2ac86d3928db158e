#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "wire/status_json.h"

namespace pawl::cli {
namespace {

std::string shown(const Json& value) {
  return value.is_string() ? value.as_string() : to_json(value);
}

class StatusVerb : public Verb {
 public:
  std::string name() const override { return "status"; }
  std::string summary() const override { return "Learning metrics and history"; }
  std::string details() const override { return "  pawl status\n  pawl status --json"; }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.flag("--json", json_, "Print everything as JSON");
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const Json status = wire::to_json_value(engine->tenant(arguments_.tenant_id()).status());
    if (json_) {
      print_json(status);
      return kDone;
    }
    for (const char* key : {"tenant_id", "live_generation", "live_since", "live_reason", "turns",
                            "total_cycles", "successful_cycles", "failed_cycles", "skipped_cycles",
                            "model_improvements", "average_training_time"}) {
      const std::string name = key;
      print_line(name + std::string(24 - name.size(), ' ') + shown(status.at(key)));
    }
    for (const Json& cycle : status.at("recent_cycles").as_array()) {
      const Json* reason = cycle.find("reason");
      print_line("  " + shown(cycle.at("started_at")).substr(0, 19) + "Z  " +
                 shown(cycle.at("status")) + "  " +
                 (reason != nullptr && reason->is_string() ? reason->as_string() : ""));
    }
    return kDone;
  }

 private:
  WorkspaceArguments arguments_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_status_verb() {
  return std::make_unique<StatusVerb>();
}

}  // namespace pawl::cli

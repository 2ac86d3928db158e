#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"

namespace pawl::cli {
namespace {

class LearnVerb : public Verb {
 public:
  std::string name() const override { return "learn"; }
  std::string summary() const override { return "Run one learning cycle now"; }
  std::string details() const override {
    return "Turns the feedback since the last cycle into examples, trains candidates, and deploys "
           "a head only when it "
           "is measurably better on conversations that neither model has seen. Then, where layers "
           "of "
           "the encoder are due to be tuned, a second cycle does that (training.tune_after_cycle). "
           "Resumes a cycle that was cut off.\n\n"
           "  pawl learn            the result in words\n  pawl learn --json     the result for a "
           "program; of a second cycle under \"tuning\"\n  pawl learn --tune     tune the "
           "encoder's "
           "layers now";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.flag(
        "--force", force_,
        "Run even when fewer turns have feedback than learning.min_data_threshold, and train "
        "with what waits for more");
    options.flag("--tune", tune_, "Tune layers of the encoder to all examples; takes minutes");
    options.flag("--json", json_, "Print the whole result as JSON");
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const service::Tenant tenant = engine->tenant(arguments_.tenant_id());
    const auto answer =
        tune_ ? tenant.tune(context.progress) : tenant.learn(force_, context.progress);
    context.warn_all(answer.warnings);
    if (!json_) print_words(answer.value);
    Json shown = learn::to_json_value(answer.value);
    bool failed = answer.value.status == "failed";
    if (!tune_ && tenant.tunes_after(answer.value)) failed |= !tune_after(context, tenant, shown);
    if (json_) print_json(shown);
    return failed ? kFailed : kDone;
  }

 private:
  // What is live stays live whatever becomes of the tuning.
  bool tune_after(Context& context, const service::Tenant& tenant, Json& shown) const {
    try {
      const auto tuning = tenant.tune(context.progress);
      context.warn_all(tuning.warnings);
      if (!json_) print_words(tuning.value);
      shown["tuning"] = learn::to_json_value(tuning.value);
      return tuning.value.status != "failed";
    } catch (const Error&) {
      if (json_) print_json(shown);
      throw;
    }
  }

  static void print_words(const learn::CycleResult& result) {
    print_line("cycle " + result.cycle_id + ": " + result.status +
               (result.resumed ? " (resumed)" : ""));
    if (!result.error_message.empty()) print_line("  " + result.error_message);
    if (!result.teacher.is_null()) {
      const auto count = [&](const char* name) {
        return std::to_string(result.teacher.at(name).as_uint());
      };
      print_line("  the teacher was asked " + count("asked") + " times and named " +
                 count("labels") + " labels");
    }
    if (result.verdicts.empty()) {
      if (!result.reason.empty()) print_line("  " + result.reason);
      return;
    }
    print_line("  " + std::to_string(result.data_collected) + " turns with feedback, " +
               std::to_string(result.examples_created) + " became examples");
    for (const auto& verdict : result.verdicts) print_line("  " + verdict.reason);
    print_line("  " + what_is_live(result));
  }

  static std::string what_is_live(const learn::CycleResult& result) {
    if (result.model_improved) return "live: generation " + result.generation;
    const bool passed = std::any_of(result.verdicts.begin(), result.verdicts.end(),
                                    [](const auto& verdict) { return verdict.deploy; });
    const std::string same = "the live generation stays as it was";
    if (!passed || result.generation.empty()) return same;
    return "generation " + result.generation +
           " waits in the shadow, 'pawl status' says for what; until then " + same;
  }

  WorkspaceArguments arguments_;
  bool force_ = false, tune_ = false, json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_learn_verb() {
  return std::make_unique<LearnVerb>();
}

}  // namespace pawl::cli

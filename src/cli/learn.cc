#include <cstdio>

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
           "is measurably better on conversations that neither model has seen. Resumes a cycle "
           "that was cut off.\n\n"
           "  pawl learn            the result in words\n  pawl learn --json     the result for a "
           "program";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.flag("--force", force_,
                 "Run even when fewer turns have feedback than learning.min_data_threshold");
    options.flag("--json", json_, "Print the whole result as JSON");
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const auto answer = engine->tenant(arguments_.tenant_id()).learn(force_, context.progress);
    context.warn_all(answer.warnings);
    const learn::CycleResult& result = answer.value;
    if (json_) {
      print_json(learn::to_json_value(result));
    } else {
      print_words(result);
    }
    return result.status == "failed" ? kFailed : kDone;
  }

 private:
  static void print_words(const learn::CycleResult& result) {
    print_line("cycle " + result.cycle_id + ": " + result.status +
               (result.resumed ? " (resumed)" : ""));
    if (!result.error_message.empty()) print_line("  " + result.error_message);
    if (result.verdicts.empty()) {
      if (!result.reason.empty()) print_line("  " + result.reason);
      return;
    }
    print_line("  " + std::to_string(result.data_collected) + " turns with feedback, " +
               std::to_string(result.examples_created) + " became examples");
    for (const auto& verdict : result.verdicts) print_line("  " + verdict.reason);
    print_line(result.model_improved ? "  live: generation " + result.generation
                                     : "  the live generation stays as it was");
  }

  WorkspaceArguments arguments_;
  bool force_ = false, json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_learn_verb() {
  return std::make_unique<LearnVerb>();
}

}  // namespace pawl::cli

#include <cstdio>

#include "cli/evaluation_report.h"
#include "cli/pipeline_options.h"
#include "cli/streams.h"
#include "cli/verbs.h"

namespace pawl::cli {
namespace {

class EvaluateVerb : public Verb {
 public:
  std::string name() const override { return "evaluate"; }
  std::string summary() const override { return "How good a spaCy pipeline is on annotated texts"; }
  std::string details() const override {
    return "Scores the pipeline on a .spacy or JSON Lines file (or a folder of them) as 'spacy "
           "evaluate' does.\n\n"
           "  pawl evaluate ./model-best dev.spacy --output metrics.json";
  }
  void declare(Options& options) override { arguments_.declare(options); }
  int run(Context& context) override { return run_evaluation(context, arguments_); }

 private:
  EvaluationArguments arguments_;
};

}  // namespace

std::unique_ptr<Verb> make_evaluate_verb() {
  return std::make_unique<EvaluateVerb>();
}

}  // namespace pawl::cli

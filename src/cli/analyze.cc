#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"

namespace pawl::cli {
namespace {

class AnalyzeVerb : public Verb {
 public:
  std::string name() const override { return "analyze"; }
  std::string summary() const override {
    return "Intent, sentiment, persona and entities of texts";
  }
  std::string details() const override {
    return "Reads one JSON string or object with \"text\" a line from standard input and prints "
           "one analysis a line, in "
           "order.\n\n  echo '{\"text\": \"why is my query so slow\"}' | pawl analyze";
  }
  void declare(Options& options) override { arguments_.declare(options); }

  int run(Context& context) override {
    service::Workspace workspace = arguments_.open(context.env);
    const LineCounts counts = for_each_text([&](const std::vector<std::string>& texts) {
      for (const auto& analysis : workspace.analyze(texts)) print_json(to_json_value(analysis));
    });
    context.warn_all(workspace.warnings());
    return stream_status(counts);
  }

 private:
  WorkspaceArguments arguments_;
};

}  // namespace

std::unique_ptr<Verb> make_analyze_verb() {
  return std::make_unique<AnalyzeVerb>();
}

}  // namespace pawl::cli

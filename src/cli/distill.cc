#include <cstdio>

#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "wire/distill_json.h"

namespace pawl::cli {
namespace {

std::string fixed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

std::string share(size_t count, size_t of) {
  return fixed(static_cast<double>(count) / static_cast<double>(of));
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "nothing" : out;
}

// As a string of Python's.
std::string quoted(const std::string& text) {
  return to_json(Json(text));
}

class DistillVerb : public Verb {
 public:
  std::string name() const override { return "distill"; }
  std::string summary() const override {
    return "Make a pipeline for stock spaCy from hybrid heads";
  }
  std::string details() const override {
    return "The hybrid heads of intent and sentiment read a sentence encoder, which spaCy runs "
           "only "
           "with pawl's\nPython package. 'distill' copies the live pipeline to a folder that "
           "spaCy alone opens: stock textcat\ncomponents of the same names and labels stand in "
           "for these heads, the encoder is left out.\nThey learn what the hybrid heads say of "
           "the workspace's texts, so the more turns were collected, with\nfeedback or without, "
           "the nearer they come. How near is measured on texts none of them was trained "
           "on.\nThe workspace and its live model stay as they are.\n\n"
           "  pawl distill --to stock_pipeline\n"
           "  python -c 'import spacy; print(spacy.load(\"stock_pipeline\")(\"hello\").cats)'";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.text("--to", to_, "Folder to make", true);
    options.flag("--json", json_, "Print the report as JSON");
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const auto answer = engine->tenant(arguments_.tenant_id()).distill(to_, context.progress);
    context.warn_all(answer.warnings);
    const service::DistillSummary& summary = answer.value;
    if (json_) {
      Json out = wire::to_json_value(summary);
      out["path"] = to_;
      print_json(out);
    } else {
      print_words(summary);
    }
    return kDone;
  }

 private:
  void print_words(const service::DistillSummary& summary) const {
    print_line("generation " + summary.generation + ", distilled to " + to_);
    for (const auto& head : summary.heads) print_head(head);
    print_line("  components: " + listed(summary.components) +
               "; left out: " + listed(summary.left_out));
    print_line("");
    print_line("  import spacy");
    print_line("  nlp = spacy.load(" + quoted(to_) + ")");
    print_line("  print(nlp(\"why is my query slow\").cats)");
  }

  static void print_head(const learn::DistilledHead& head) {
    const std::string indent = "    ";
    print_line("  " + std::string(learn::head_name(head.head)) + ": " + head.trained.recipe + ", " +
               std::to_string(head.labels.size()) + " labels, learnt from " +
               std::to_string(head.texts) + " texts (" + std::to_string(head.labelled) +
               " of them labelled) and " + std::to_string(head.variants) + " variants of them");
    if (head.held_out > 0) {
      print_line(indent + "says what the hybrid head says on " + share(head.agreed, head.held_out) +
                 " of " + std::to_string(head.held_out) + " held-out texts");
    } else {
      print_line(indent + "no text is held out: how near it comes is not known");
    }
    if (head.certified > 0) {
      print_line(indent + "accuracy " + share(head.student_right, head.certified) +
                 ", of the hybrid head " + share(head.teacher_right, head.certified) + ", on " +
                 std::to_string(head.certified) + " held-out labelled examples");
    }
  }

  WorkspaceArguments arguments_;
  std::string to_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_distill_verb() {
  return std::make_unique<DistillVerb>();
}

}  // namespace pawl::cli

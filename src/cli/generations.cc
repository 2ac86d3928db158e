#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "wire/generation_json.h"

namespace pawl::cli {
namespace {

class GenerationsVerb : public Verb {
 public:
  std::string name() const override { return "generations"; }
  std::string summary() const override { return "What was live when, and why"; }
  std::string details() const override {
    return "Newest first; the live one is marked.\n\n  pawl generations\n  pawl generations --json";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.flag("--json", json_, "Print a JSON list");
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const auto views = engine->tenant(arguments_.tenant_id()).generations();
    if (json_) {
      Json list = Json::array();
      for (const auto& view : views) list.push_back(wire::to_json_value(view));
      print_json(list);
      return kDone;
    }
    for (const auto& view : views) {
      print_line((view.live ? "* " : "  ") + view.generation + "  " +
                 format_time(view.created_at).substr(0, 19) + "Z  " + view.state);
      print_line("      " + view.reason);
      if (view.live_since) {
        print_line("      last went live " + format_time(*view.live_since).substr(0, 19) + "Z by " +
                   view.kind);
      }
    }
    return kDone;
  }

 private:
  WorkspaceArguments arguments_;
  bool json_ = false;
};

class RollbackVerb : public Verb {
 public:
  std::string name() const override { return "rollback"; }
  std::string summary() const override { return "Go back to an earlier generation"; }
  std::string details() const override {
    return "One step back, or to the generation named. Only a pointer moves; nothing is lost.\n\n"
           "  pawl rollback\n  pawl rollback --to ID";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.text("--to", to_, "Generation to make live");
    options.text("--reason", reason_, "Kept in the history");
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const auto answer = engine->tenant(arguments_.tenant_id()).rollback(to_, reason_);
    context.warn_all(answer.warnings);
    Json out = Json::object();
    out["from"] = answer.value.from_id;
    out["to"] = answer.value.to_id;
    print_json(out);
    return kDone;
  }

 private:
  WorkspaceArguments arguments_;
  std::string to_, reason_ = "asked for on the command line";
};

class ExportVerb : public Verb {
 public:
  std::string name() const override { return "export"; }
  std::string summary() const override {
    return "Copy the live pipeline to a folder that spacy.load() opens";
  }
  std::string details() const override { return "  pawl export --to my_pipeline"; }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.text("--to", to_, "Folder to make", true);
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const auto answer = engine->tenant(arguments_.tenant_id()).export_pipeline(to_);
    context.warn_all(answer.warnings);
    Json out = Json::object();
    out["generation"] = answer.value;
    out["path"] = to_;
    print_json(out);
    return kDone;
  }

 private:
  WorkspaceArguments arguments_;
  std::string to_;
};

}  // namespace

std::unique_ptr<Verb> make_generations_verb() {
  return std::make_unique<GenerationsVerb>();
}
std::unique_ptr<Verb> make_rollback_verb() {
  return std::make_unique<RollbackVerb>();
}
std::unique_ptr<Verb> make_export_verb() {
  return std::make_unique<ExportVerb>();
}

}  // namespace pawl::cli

#include "cli/streams.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "wire/generation_json.h"

namespace pawl::cli {
namespace {

// What made it, in about five words.
std::string why(const service::GenerationView& view, const Json& metrics) {
  if (view.cycle.empty()) return "the first generation";
  return metrics.find("heads") != nullptr ? why_in_short(metrics) : "by a learning cycle";
}

std::string last_live(const service::GenerationView& view) {
  return view.live_since ? minute_of(*view.live_since) + " by " + view.kind : "never";
}

std::string phase(const service::GenerationView& view) {
  return view.rollout.phase.empty() ? "-" : view.rollout.phase;
}

std::vector<std::string> row_of(const service::GenerationView& view) {
  const Json generation = wire::to_json_value(view);
  const Json& metrics = generation.at("metrics");
  const std::string figures = before_and_after(metrics);
  return {view.live ? "*" : "", view.generation, minute_of(view.created_at),
          last_live(view),      view.state,      phase(view),
          figures.empty() ? "-" : figures, why(view, metrics)};
}

class GenerationsVerb : public Verb {
 public:
  std::string name() const override { return "generations"; }
  std::string summary() const override { return "What was live when, and why"; }
  std::string details() const override {
    return "Newest first; the live one is marked.\n\n"
           "  pawl generations\n"
           "  pawl generations --why ID     everything one generation says of itself\n"
           "  pawl generations --json";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.flag("--json", json_, "Print a JSON list");
    options.text("--why", why_, "A generation: print its whole reason, figures and tests");
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const service::Tenant tenant = engine->tenant(arguments_.tenant_id());
    if (!why_.empty()) {
      const auto view = tenant.generation(why_);
      if (!json_) print_line(view.reason);
      print_line(to_json(wire::to_json_value(view), {.indent = json_ ? -1 : 1}));
      return kDone;
    }
    const auto views = tenant.generations();
    if (json_) {
      Json list = Json::array();
      for (const auto& view : views) list.push_back(wire::to_json_value(view));
      print_json(list);
      return kDone;
    }
    std::vector<std::vector<std::string>> rows = {
        {"", "generation", "made (UTC)", "last live", "state", "phase", "before → after", "why"}};
    for (const auto& view : views) rows.push_back(row_of(view));
    print_table(rows);
    return kDone;
  }

 private:
  WorkspaceArguments arguments_;
  bool json_ = false;
  std::string why_;
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

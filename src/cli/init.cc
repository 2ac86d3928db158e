#include "base/error.h"
#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "pipeline/pipeline_path.h"
#include "service/locations.h"
#include "wire/turn_json.h"

namespace pawl::cli {
namespace {

class InitVerb : public Verb {
 public:
  std::string name() const override { return "init"; }
  std::string summary() const override { return "Make a workspace and train its first generation"; }
  std::string details() const override {
    return "Trains intent and sentiment (and entities) from labelled examples, on top of a spaCy "
           "pipeline or of a blank "
           "English one.\nA line of the examples: {\"text\": \"my build broke\", \"intent\": "
           "\"debug_error\", "
           "\"sentiment\": \"frustrated\", \"entities\": [[0, 2, \"TECH\"]]}; all but the text may "
           "be absent.\n\n"
           "  pawl init --pipeline en_core_web_sm --examples examples.jsonl";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.text("-p,--pipeline", pipeline_,
                 "Folder or installed package of a spaCy pipeline; without it: blank English");
    options.text("-e,--examples", examples_, "Labelled examples, JSON Lines");
    options.flag("--strict", strict_, "Refuse examples with a key that is not known");
    options.text("-c,--config", config_, "Settings (TOML), kept in the workspace as pawl.toml");
  }

  int run(Context& context) override {
    service::EngineOptions options = arguments_.resolve(context.env, config_);
    service::InitOptions init;
    if (!config_.empty()) init.settings_file = context.env.read_file(config_);
    if (!pipeline_.empty()) {
      init.pipeline = find_pipeline(context.env, pipeline_, service::site_packages(context.env));
    } else {
      init.language_pack = service::language_pack(context.env, "en");
    }
    unknown_ = wire::UnknownKeys(strict_);
    const uint64_t rejected = read_examples(init.examples);
    const Path folder = options.folder;
    const auto answer = service::init_workspace(context.env, std::move(options),
                                                arguments_.tenant_id(), init, context.progress);
    context.warn_all(answer.warnings);
    print(answer.value, rejected, folder);
    return kDone;
  }

 private:
  uint64_t read_examples(std::vector<learn::LabeledExample>& examples) {
    if (examples_.empty()) return 0;
    LineReader in = LineReader::open(examples_);
    const LineCounts counts = for_each_json_line(
        in,
        [&](uint64_t, const Json& line) { examples.push_back(wire::read_example(line, unknown_)); },
        [&](uint64_t line, const std::string& what) { report_line(line, what, examples_); });
    if (counts.interrupted)
      throw Error(ErrorKind::kInterrupted, "interrupted while reading " + examples_);
    if (examples.empty() && counts.lines > 0) {
      throw Error(ErrorKind::kInvalidInput,
                  examples_ + ": not one of its " + std::to_string(counts.lines) +
                      " lines is an example; see 'pawl init --help' for the shape");
    }
    return counts.rejected;
  }

  void print(const service::InitSummary& summary, uint64_t rejected, const Path& folder) const {
    Json out = Json::object();
    out["workspace"] = folder.string();
    out["tenant_id"] = arguments_.tenant_id();
    out["generation"] = summary.generation;
    out["examples"] = static_cast<uint64_t>(summary.examples);
    out["rejected"] = rejected;
    out["unknown_keys"] = unknown_.to_json_value();
    Json heads = Json::array();
    for (const auto& head : summary.heads) heads.push_back(head);
    out["heads"] = std::move(heads);
    print_json(out);
  }

  WorkspaceArguments arguments_;
  std::string pipeline_, examples_, config_;
  bool strict_ = false;
  wire::UnknownKeys unknown_;
};

}  // namespace

std::unique_ptr<Verb> make_init_verb() {
  return std::make_unique<InitVerb>();
}

}  // namespace pawl::cli

#include "cli/parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace pawl::cli {
namespace {

class AppOptions : public Options {
 public:
  explicit AppOptions(CLI::App& app) : app_(app) {}

  void positional(const std::string& name, std::string& target, const std::string& help,
                  bool required) override {
    app_.add_option(name, target, help)->required(required);
  }
  void text(const std::string& flags, std::string& target, const std::string& help,
            bool required) override {
    auto* option = app_.add_option(flags, target, help)->required(required);
    if (!target.empty()) option->capture_default_str();
  }
  void optional_text(const std::string& flags, std::optional<std::string>& target,
                     const std::string& help) override {
    app_.add_option(flags, target, help);
  }
  void texts(const std::string& flags, std::vector<std::string>& target,
             const std::string& help) override {
    app_.add_option(flags, target, help);
  }
  void integer(const std::string& flags, int64_t& target, const std::string& help) override {
    app_.add_option(flags, target, help)->capture_default_str();
  }
  void number(const std::string& flags, double& target, const std::string& help) override {
    app_.add_option(flags, target, help)->capture_default_str();
  }
  void flag(const std::string& flags, bool& target, const std::string& help) override {
    app_.add_flag(flags, target, help);
  }
  void rest(std::vector<std::string>& target, const std::string& help) override {
    app_.allow_extras();
    rest_ = &target;
    app_.footer(app_.get_footer() + "\n" + help);
  }
  void finish() {
    if (rest_ != nullptr) *rest_ = app_.remaining();
  }

 private:
  CLI::App& app_;
  std::vector<std::string>* rest_ = nullptr;
};

constexpr const char* kAbout =
    "pawl learns from every conversation and deploys only what is measurably better.\n"
    "It loads, runs, trains and saves spaCy v3 pipelines.";

constexpr const char* kFirstSteps =
    "First steps:\n"
    "  pawl init --pipeline en_core_web_sm --examples examples.jsonl\n"
    "  echo '{\"text\": \"my build broke again\"}' | pawl analyze\n"
    "  pawl collect < turns.jsonl && pawl learn\n"
    "  pawl generations\n"
    "\nExit status: 0 done, 1 the request failed, 2 wrong usage.";

// "pawl --workspace DIR status" as "pawl status --workspace DIR": what every verb takes may stand
// before it.
std::vector<std::string> verb_first(const std::vector<std::unique_ptr<Verb>>& verbs, int argc,
                                    const char* const* argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  const auto takes_value = [](const std::string& argument) {
    return argument == "-w" || argument == "--workspace" || argument == "--tenant";
  };
  size_t i = 0;
  while (i < arguments.size()) {
    if (takes_value(arguments[i]))
      i += 2;
    else if (arguments[i].starts_with("--workspace=") || arguments[i].starts_with("--tenant="))
      ++i;
    else
      break;
  }
  const bool is_verb =
      i < arguments.size() &&
      std::any_of(verbs.begin(), verbs.end(), [&](auto& v) { return v->name() == arguments[i]; });
  if (is_verb)
    std::rotate(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(i),
                arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  return arguments;
}

}  // namespace

Parsed parse_command_line(const std::vector<std::unique_ptr<Verb>>& verbs, int argc,
                          const char* const* argv) {
  CLI::App app(kAbout, "pawl");
  app.set_version_flag("--version", "pawl " PAWL_VERSION);
  app.footer(kFirstSteps);
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, std::unique_ptr<AppOptions>>> declared;
  for (const auto& verb : verbs) {
    CLI::App* sub = app.add_subcommand(verb->name(), verb->summary());
    sub->footer(verb->details());
    declared.emplace_back(sub, std::make_unique<AppOptions>(*sub));
    verb->declare(*declared.back().second);
  }
  Parsed parsed;
  try {
    std::vector<std::string> arguments = verb_first(verbs, argc, argv);
    std::reverse(arguments.begin(), arguments.end());  // as the library takes them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    parsed.status = app.exit(error, out, err) == 0 ? kDone : kWrongUsage;
    parsed.message = out.str() + err.str();
    return parsed;
  }
  for (size_t i = 0; i < verbs.size(); ++i) {
    if (!declared[i].first->parsed()) continue;
    declared[i].second->finish();
    parsed.verb = verbs[i].get();
  }
  return parsed;
}

}  // namespace pawl::cli

// One subcommand. Each has a file of its own that defines its make_..._verb; verbs.cc lists them
// all.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/progress.h"

namespace pawl::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

// Arguments that parse but make no sense: exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Where a verb declares what it takes. Targets keep their value as the default that --help shows;
// they must outlive parsing. Flag names as "--to" or "-p,--pipeline".
class Options {
 public:
  virtual ~Options() = default;
  virtual void positional(const std::string& name, std::string& target, const std::string& help,
                          bool required) = 0;
  virtual void text(const std::string& flags, std::string& target, const std::string& help,
                    bool required = false) = 0;
  // Empty when it was not given.
  virtual void optional_text(const std::string& flags, std::optional<std::string>& target,
                             const std::string& help) = 0;
  virtual void texts(const std::string& flags, std::vector<std::string>& target,
                     const std::string& help) = 0;
  virtual void integer(const std::string& flags, int64_t& target, const std::string& help) = 0;
  virtual void number(const std::string& flags, double& target, const std::string& help) = 0;
  virtual void flag(const std::string& flags, bool& target, const std::string& help) = 0;
  // Options nobody declared go here instead of being wrong usage ("--paths.train", "a.jsonl", ...).
  virtual void rest(std::vector<std::string>& target, const std::string& help) = 0;
};

// What a verb works with: results go to standard output, everything else to standard error.
struct Context {
  Env& env;
  Progress& progress;  // draws on standard error; asks to stop after SIGINT or SIGTERM
  bool output_is_terminal = false;
  std::set<std::string> warned = {};

  void warn(const std::string& text) const;              // "pawl: warning: ..."
  void warn_all(const std::vector<std::string>& texts);  // each once
};

class Verb {
 public:
  virtual ~Verb() = default;
  virtual std::string name() const = 0;
  virtual std::string summary() const = 0;  // one line for the list of verbs
  virtual std::string details() const = 0;  // a paragraph and an example, for its own --help
  virtual void declare(Options& options) = 0;
  virtual int run(Context& context) = 0;  // exit status; Errors are translated in main
};

// A verb may stand below another: "benchmark speed" has the name "benchmark" and a positional.
std::vector<std::unique_ptr<Verb>> all_verbs();

}  // namespace pawl::cli

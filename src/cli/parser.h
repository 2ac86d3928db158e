// The command line itself; the only file that knows the library behind it is parser.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/verb.h"

namespace pawl::cli {

struct Parsed {
  Verb* verb = nullptr;  // null: nothing to run, `message` is help or what was wrong
  std::string message;
  int status = kDone;
};

Parsed parse_command_line(const std::vector<std::unique_ptr<Verb>>& verbs, int argc,
                          const char* const* argv);

}  // namespace pawl::cli

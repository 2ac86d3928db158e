// A tenant's first generation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "learn/data/dataset.h"

namespace pawl::service {

struct InitOptions {
  std::optional<Path> pipeline;  // folder of a spaCy pipeline; none: a blank one
  Path language_pack;            // of the blank pipeline
  std::vector<learn::LabeledExample> examples;
  std::optional<std::string> settings_file;  // kept in the workspace as pawl.toml
};

struct InitSummary {
  std::string generation;
  size_t examples = 0;
  std::vector<std::string> heads;  // "intent: bow, 0.85 on select" ...
};

}  // namespace pawl::service

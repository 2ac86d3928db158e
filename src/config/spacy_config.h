// spaCy's config.cfg: INI sections nested by dots, JSON values, ${section.key} references. Read and
// written as confection (thinc.Config) does, which is what spacy.load() reads.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace pawl {

// Dotted path -> value, for instance {"paths.train", "train.spacy"}. The section must exist in the
// file.
using ConfigOverrides = std::vector<std::pair<std::string, Json>>;

struct ConfigOptions {
  bool interpolate = true;  // false: ${...} stay in the values as they are
  ConfigOverrides overrides;
};

// Sections and values as nested objects in the file's order. `where` names the file. Throws
// Error(kFormat) naming file, line and key for anything malformed, a reference to nothing,
// references in circles, and for text over 16 MiB.
Json parse_config(std::string_view text, const std::string& where,
                  const ConfigOptions& options = {});

// A copy with every ${...} resolved.
Json interpolate_config(const Json& config, const std::string& where);

// The text of a config; parse_config(write_config(c), ..., {.interpolate = false}) == c. Throws
// Error(kInvalidInput) for a value outside of any section.
std::string write_config(const Json& config);

// Sets, merges and looks up along a dotted path. find: null when absent.
const Json* find_config(const Json& config, std::string_view path);
void set_config(Json& config, std::string_view path,
                Json value);  // adds what is missing on the way
// Keys of `defaults` that `config` does not have are added, deeply; a block that names another
// registered function
// ("@architectures" ...) is left as it is.
void merge_config_defaults(Json& config, const Json& defaults);

// "${...}" somewhere in the text.
bool has_config_variable(std::string_view text);

}  // namespace pawl

// What spaCy's config.cfg may hold: the members of its sections and the arguments of registered
// functions, from a table that tools/make_config_tables.py writes from spaCy itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace pawl {

// One argument of a function, or one member of a section.
struct ConfigMember {
  std::string name;
  std::string type;       // int, float, bool, str, list..., dict, block, "a|b" (one of them), any
  bool nullable = false;  // null is allowed
  bool optional = false;  // may be left out
};

// The members of `name` in `registry`; null when spaCy has no such function. Registries are
// spaCy's ("architectures", "batchers" ...) and "section", "factories", "initialize".
const std::vector<ConfigMember>* config_members(std::string_view registry, std::string_view name);

// Refuses what spaCy would refuse in [nlp], [training], [pretraining], [initialize], [corpora] and
// [components] of an interpolated config with its defaults filled in: unknown and missing keys,
// values of the wrong type, arguments that a registered function does not take. Functions and
// factories that spaCy does not know are left to whoever reads them. Throws Error(kFormat) naming
// the whole key.
void check_spacy_config(const Json& config);

}  // namespace pawl

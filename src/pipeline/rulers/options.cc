#include "pipeline/rulers/options.h"

#include "base/error.h"
#include "pipeline/component/model_settings.h"

namespace pawl {

void check_fuzzy_compare(const Json& config, const std::string& where) {
  const Json* compare = config.find("matcher_fuzzy_compare");
  if (compare == nullptr) return;
  const Json* name = compare->is_object() ? compare->find("@misc") : nullptr;
  if (name != nullptr && name->is_string() && name->as_string() == "spacy.levenshtein_compare.v1")
    return;
  throw_unsupported(where, "matcher_fuzzy_compare other than spacy.levenshtein_compare.v1");
}

std::string string_setting(const Json& config, std::string_view key, const std::string& where) {
  const Json& value = setting(config, key, where);
  if (!value.is_string())
    throw Error(ErrorKind::kFormat, where + "." + std::string(key) + ": must be a string");
  return value.as_string();
}

}  // namespace pawl

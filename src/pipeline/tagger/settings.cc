#include "pipeline/tagger/settings.h"

#include <set>

#include "base/error.h"

namespace pawl {
namespace {

[[noreturn]] void wrong(const std::string& where, std::string_view key, const std::string& what) {
  throw Error(ErrorKind::kFormat, where + ": " + std::string(key) + " must be " + what);
}

}  // namespace

Json settings_from(const Json& config, const Json& defaults) {
  Json out = defaults;
  for (auto& [key, value] : out.as_object()) {
    if (const Json* own = config.find(key)) value = *own;
  }
  return out;
}

bool settings_flag(const Json& settings, std::string_view key, const std::string& where) {
  const Json* value = settings.find(key);
  if (!value || !value->is_bool()) wrong(where, key, "true or false");
  return value->as_bool();
}

double settings_fraction(const Json& settings, std::string_view key, const std::string& where) {
  const Json* value = settings.find(key);
  if (!value || !value->is_number() || !(value->as_double() >= 0.0 && value->as_double() < 1.0))
    wrong(where, key, "a number from 0 to below 1");
  return value->as_double();
}

std::string settings_text(const Json& settings, std::string_view key, const std::string& where) {
  const Json* value = settings.find(key);
  if (!value || !value->is_string()) wrong(where, key, "a text");
  return value->as_string();
}

std::vector<std::string> settings_labels(const Json& settings, std::string_view key,
                                         const std::string& where) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  const Json* list = settings.find(key);
  if (!list) return out;
  if (!list->is_array()) wrong(where, key, "a list of labels");
  for (const Json& item : list->as_array()) {
    if (!item.is_string() || item.as_string().empty() || !seen.insert(item.as_string()).second)
      wrong(where, key, "a list of labels, none of them empty or named twice");
    out.push_back(item.as_string());
  }
  return out;
}

}  // namespace pawl

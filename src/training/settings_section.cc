#include "training/settings_section.h"

#include <cmath>

#include "base/error.h"
#include "config/spacy_config.h"

namespace pawl {

SettingsSection::SettingsSection(const Json& config, std::string path)
    : path_(std::move(path)), section_(find_config(config, path_)) {
  if (!section_ || !section_->is_object())
    throw Error(ErrorKind::kFormat, path_ + ": there is no such section");
}

void SettingsSection::wrong(std::string_view key, const std::string& what) const {
  throw Error(ErrorKind::kFormat, name(key) + ": " + what);
}

bool SettingsSection::has(std::string_view key) const {
  const Json* value = section_->find(key);
  return value && !value->is_null();
}

const Json& SettingsSection::at(std::string_view key) const {
  const Json* value = section_->find(key);
  if (!value) wrong(key, "missing");
  return *value;
}

uint64_t SettingsSection::count(std::string_view key) const {
  const Json& value = at(key);
  if (!value.is_integer() || value.as_int() < 0) wrong(key, "must be a whole number, 0 or more");
  return static_cast<uint64_t>(value.as_int());
}

double SettingsSection::number(std::string_view key) const {
  const Json& value = at(key);
  if (!value.is_number() || !std::isfinite(value.as_double())) wrong(key, "must be a number");
  return value.as_double();
}

bool SettingsSection::flag(std::string_view key) const {
  if (!at(key).is_bool()) wrong(key, "must be true or false");
  return at(key).as_bool();
}

std::string SettingsSection::text(std::string_view key) const {
  if (!at(key).is_string()) wrong(key, "must be a text");
  return at(key).as_string();
}

std::vector<std::string> SettingsSection::names(std::string_view key) const {
  std::vector<std::string> out;
  if (!at(key).is_array()) wrong(key, "must be a list of names");
  for (const Json& item : at(key).as_array()) {
    if (!item.is_string()) wrong(key, "must be a list of names");
    out.push_back(item.as_string());
  }
  return out;
}

void SettingsSection::must_be(std::string_view key, std::string_view value) const {
  if (text(key) != value) {
    throw Error(ErrorKind::kUnsupported,
                name(key) + ": pawl has no '" + text(key) + "', only '" + std::string(value) + "'");
  }
}

}  // namespace pawl

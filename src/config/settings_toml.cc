#include <toml++/toml.h>

#include "base/error.h"
#include "config/settings.h"

namespace pawl {

namespace {

std::string at_line(const std::string& where, const toml::source_region& region) {
  return where + ":" + std::to_string(region.begin.line);
}

SettingValue to_setting_value(const toml::node& node, const std::string& name,
                              const std::string& where) {
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* real = node.as_floating_point()) return real->get();
  if (const auto* text = node.as_string()) return text->get();
  throw Error(ErrorKind::kInvalidInput, where + ": " + name + " must be a single value");
}

toml::table parse(std::string_view document, const std::string& where) {
  try {
    return toml::parse(document);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::kInvalidInput,
                at_line(where, error.source()) + ": not TOML: " + std::string(error.description()));
  }
}

}  // namespace

void Settings::read_toml(std::string_view document, const std::string& where) {
  const toml::table root = parse(document, where);
  Settings next = *this;
  for (const auto& [group, node] : root) {
    const toml::table* entries = node.as_table();
    if (!entries) {
      throw Error(ErrorKind::kInvalidInput, at_line(where, node.source()) + ": '" +
                                                std::string(group.str()) +
                                                "' stands outside of any [group]");
    }
    for (const auto& [key, value] : *entries) {
      const std::string name = std::string(group.str()) + "." + std::string(key.str());
      const std::string place = at_line(where, value.source());
      next.set(name, to_setting_value(value, name, place), place);
    }
  }
  *this = std::move(next);
}

}  // namespace pawl

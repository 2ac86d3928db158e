#include "config/settings.h"

#include <charconv>
#include <cmath>

#include "base/error.h"

namespace pawl {

namespace {

std::string_view type_name(const SettingSpec& spec) {
  constexpr std::string_view kNames[] = {"true or false", "an integer", "a number", "a text"};
  return kNames[spec.fallback.index()];
}

std::string show(double value) {
  return to_json(Json(value));
}

std::string range_text(const SettingSpec& spec) {
  if (!spec.choices.empty()) {
    std::string out;
    for (const std::string_view choice : spec.choices) {
      out.append(out.empty() ? "" : ", ").append(choice);
    }
    return "one of " + out;
  }
  if (std::holds_alternative<int64_t>(spec.fallback)) {
    return std::to_string(static_cast<int64_t>(spec.minimum)) + " to " +
           std::to_string(static_cast<int64_t>(spec.maximum));
  }
  if (std::holds_alternative<double>(spec.fallback))
    return show(spec.minimum) + " to " + show(spec.maximum);
  return "";
}

[[noreturn]] void refuse(const SettingSpec& spec, const std::string& where,
                         const std::string& found) {
  const std::string range = range_text(spec);
  throw Error(ErrorKind::kInvalidInput, where + ": " + std::string(spec.name) + " is " + found +
                                            ", but must be " + std::string(type_name(spec)) +
                                            (range.empty() ? "" : ", " + range));
}

Json as_json(const SettingValue& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

const SettingSpec& known(std::string_view name, const std::string& where) {
  const SettingSpec* spec = find_setting(name);
  if (spec) return *spec;
  throw Error(ErrorKind::kInvalidInput, where + ": unknown setting '" + std::string(name) +
                                            "'; docs/settings.md lists them all");
}

bool in_range(const SettingSpec& spec, const SettingValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    for (const std::string_view choice : spec.choices) {
      if (*text == choice) return true;
    }
    return spec.choices.empty();
  }
  double number = 0;
  if (const auto* integer = std::get_if<int64_t>(&value))
    number = static_cast<double>(*integer);
  else if (const auto* real = std::get_if<double>(&value))
    number = *real;
  else
    return true;
  return number >= spec.minimum && number <= spec.maximum;  // false for NaN
}

template <typename T>
bool parse_all(std::string_view text, T& value) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  return end.ec == std::errc() && end.ptr == text.data() + text.size();
}

SettingValue parse_value(const SettingSpec& spec, std::string_view text, const std::string& where) {
  if (std::holds_alternative<std::string>(spec.fallback)) return std::string(text);
  if (std::holds_alternative<bool>(spec.fallback)) {
    if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
    if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  } else if (std::holds_alternative<int64_t>(spec.fallback)) {
    if (int64_t value = 0; parse_all(text, value)) return value;
  } else if (double value = 0; parse_all(text, value)) {
    return value;
  }
  refuse(spec, where, "'" + std::string(text) + "'");
}

}  // namespace

const SettingSpec* find_setting(std::string_view name) {
  for (const SettingSpec& spec : setting_table()) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

std::string setting_environment_name(std::string_view name) {
  std::string out = "PAWL_";
  for (const char c : name) {
    out += c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return out;
}

Settings::Settings() {
  for (const SettingSpec& spec : setting_table()) values_.emplace(spec.name, spec.fallback);
}

namespace {

// The value as the setting's type; throws when it is not allowed.
SettingValue checked(const SettingSpec& spec, SettingValue value, const std::string& where) {
  const bool wants_real = std::holds_alternative<double>(spec.fallback);
  if (const auto* integer = std::get_if<int64_t>(&value); integer && wants_real) {
    value = static_cast<double>(*integer);
  }
  if (value.index() != spec.fallback.index() || !in_range(spec, value)) {
    const auto* real = std::get_if<double>(&value);
    refuse(spec, where,
           real && !std::isfinite(*real) ? "not a finite number" : pawl::to_json(as_json(value)));
  }
  return value;
}

}  // namespace

void Settings::set(std::string_view name, SettingValue value, const std::string& where) {
  const SettingSpec& spec = known(name, where);
  values_.find(name)->second = checked(spec, std::move(value), where);
}

SettingEntry::SettingEntry(std::string_view table) : table_(table) {
  for (const SettingSpec& spec : repeated_setting_table()) {
    if (spec.name.starts_with(table_ + "."))
      values_.emplace(spec.name.substr(table_.size() + 1), spec.fallback);
  }
}

void SettingEntry::set(std::string_view key, SettingValue value, const std::string& where) {
  const std::string name = table_ + "." + std::string(key);
  for (const SettingSpec& spec : repeated_setting_table()) {
    if (spec.name != name) continue;
    values_.find(key)->second = checked(spec, std::move(value), where);
    return;
  }
  throw Error(ErrorKind::kInvalidInput,
              where + ": unknown setting '" + name + "'; docs/settings.md lists them all");
}

const std::vector<SettingEntry>& Settings::entries(std::string_view table) const {
  static const std::vector<SettingEntry> none;
  const auto found = entries_.find(table);
  return found != entries_.end() ? found->second : none;
}

void Settings::set(std::string_view name, std::string_view value, const std::string& where) {
  set(name, parse_value(known(name, where), value, where), where);
}

void Settings::read_environment(std::span<const std::string> variables) {
  Settings next = *this;
  for (const std::string& variable : variables) {
    const size_t equals = variable.find('=');
    if (!variable.starts_with("PAWL_") || equals == std::string::npos) continue;
    const std::string name = variable.substr(0, equals);
    bool ours = false, found = false;
    for (const SettingSpec& spec : setting_table()) {
      const std::string_view group = spec.name.substr(0, spec.name.find('.') + 1);
      ours = ours || name.starts_with(setting_environment_name(group));
      if (name != setting_environment_name(spec.name)) continue;
      next.set(spec.name, std::string_view(variable).substr(equals + 1),
               "environment variable " + name);
      found = true;
    }
    if (ours && !found) {
      throw Error(ErrorKind::kInvalidInput,
                  "environment variable " + name +
                      ": there is no such setting; docs/settings.md lists them all");
    }
  }
  *this = std::move(next);
}

bool Settings::flag(std::string_view name) const {
  return std::get<bool>(values_.find(name)->second);
}

int64_t Settings::integer(std::string_view name) const {
  return std::get<int64_t>(values_.find(name)->second);
}

double Settings::number(std::string_view name) const {
  return std::get<double>(values_.find(name)->second);
}

const std::string& Settings::text(std::string_view name) const {
  return std::get<std::string>(values_.find(name)->second);
}

Json Settings::to_json() const {
  Json out = Json::object();
  for (const SettingSpec& spec : setting_table()) {
    const size_t dot = spec.name.find('.');
    Json& group = out[spec.name.substr(0, dot)];
    if (group.is_null()) group = Json::object();
    group[spec.name.substr(dot + 1)] = as_json(values_.find(spec.name)->second);
  }
  return out;
}

Json Settings::group_to_json(std::string_view group) const {
  return to_json().at(group);
}

Json settings_description() {
  Json out = Json::array();
  for (const SettingSpec& spec : setting_table()) {
    const bool number = std::holds_alternative<int64_t>(spec.fallback) ||
                        std::holds_alternative<double>(spec.fallback);
    Json one = Json::object();
    one["name"] = spec.name;
    one["type"] = type_name(spec);
    one["default"] = as_json(spec.fallback);
    one["minimum"] = number ? Json(spec.minimum) : Json();
    one["maximum"] = number ? Json(spec.maximum) : Json();
    Json choices = Json::array();
    for (const std::string_view choice : spec.choices) choices.push_back(Json(choice));
    one["choices"] = std::move(choices);
    one["meaning"] = spec.meaning;
    one["environment"] = setting_environment_name(spec.name);
    out.push_back(std::move(one));
  }
  return out;
}

std::string settings_markdown() {
  std::string out =
      "# Settings\n\n"
      "Generated from the table in `src/config/settings_table.cc`; a test checks that it is "
      "current. A setting is\n"
      "looked for, last one wins, in: the default, the workspace's TOML file, the environment, the "
      "command line.\n";
  std::string_view group;
  for (const SettingSpec& spec : setting_table()) {
    const size_t dot = spec.name.find('.');
    if (spec.name.substr(0, dot) != group) {
      group = spec.name.substr(0, dot);
      out.append("\n## [").append(group).append("]\n\n");
      out += "| key | default | allowed | meaning | environment |\n|---|---|---|---|---|\n";
    }
    const std::string range = range_text(spec);
    out.append("| ").append(spec.name.substr(dot + 1)).append(" | ");
    out.append(pawl::to_json(as_json(spec.fallback))).append(" | ").append(type_name(spec));
    out.append(range.empty() ? "" : ", ").append(range).append(" | ").append(spec.meaning);
    out.append(" | `").append(setting_environment_name(spec.name)).append("` |\n");
  }
  group = {};
  for (const SettingSpec& spec : repeated_setting_table()) {
    const size_t dot = spec.name.rfind('.');
    if (spec.name.substr(0, dot) != group) {
      group = spec.name.substr(0, dot);
      out.append("\n## [[").append(group).append("]]\n\n");
      out += "Any number of times, in the TOML file only.\n\n";
      out += "| key | default | allowed | meaning |\n|---|---|---|---|\n";
    }
    const std::string range = range_text(spec);
    out.append("| ").append(spec.name.substr(dot + 1)).append(" | ");
    out.append(pawl::to_json(as_json(spec.fallback))).append(" | ").append(type_name(spec));
    out.append(range.empty() ? "" : ", ").append(range).append(" | ").append(spec.meaning);
    out.append(" |\n");
  }
  return out;
}

}  // namespace pawl

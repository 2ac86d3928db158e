// The settings of the learning engine: one table declares every name, type, default, range and
// meaning; files, environment, command line, documentation and the outside's dictionaries all come
// from it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"

namespace pawl {

using SettingValue = std::variant<bool, int64_t, double, std::string>;

// The alternative that `fallback` holds is the setting's type.
struct SettingSpec {
  std::string_view name;  // "group.key"
  SettingValue fallback;
  double minimum;  // of numbers, both ends included
  double maximum;
  std::string_view meaning;
  std::vector<std::string_view> choices = {};  // of texts; empty: any
};

// In the order of documentation; the names of one group stand together.
std::span<const SettingSpec> setting_table();
// The same of entries that may stand there any number of times, [[gateway.upstream]] in TOML:
// "gateway.upstream.url" is the key url of one. An empty text as default means: must be given.
std::span<const SettingSpec> repeated_setting_table();
const SettingSpec* find_setting(std::string_view name);  // null when unknown
// "learning.min_data_threshold" -> "PAWL_LEARNING_MIN_DATA_THRESHOLD"
std::string setting_environment_name(std::string_view name);
// The table as a list of objects: "name", "type", "default", "minimum", "maximum" (null where they
// do not apply), "choices", "meaning", "environment".
Json settings_description();
// The settings page of the documentation.
std::string settings_markdown();

// One entry of a repeated table, with a value for each of its keys.
class SettingEntry {
 public:
  explicit SettingEntry(std::string_view table);

  bool flag(std::string_view key) const { return std::get<bool>(values_.find(key)->second); }
  int64_t integer(std::string_view key) const {
    return std::get<int64_t>(values_.find(key)->second);
  }
  double number(std::string_view key) const { return std::get<double>(values_.find(key)->second); }
  const std::string& text(std::string_view key) const {
    return std::get<std::string>(values_.find(key)->second);
  }
  // Throws Error(kInvalidInput) that names key, place and what is allowed.
  void set(std::string_view key, SettingValue value, const std::string& where);

 private:
  std::string table_;
  std::map<std::string, SettingValue, std::less<>> values_;  // by key
};

// A value for every setting of the table. Each way of setting one throws Error(kInvalidInput) that
// names key, place and what is allowed; nothing changes then.
class Settings {
 public:
  Settings();  // the defaults

  bool flag(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  const std::string& text(std::string_view name) const;

  // A TOML document with one table per group. `where` names the file; errors carry the line.
  void read_toml(std::string_view document, const std::string& where);
  // "NAME=value" lines as in environ. Variables of other groups than the table's are none of ours.
  void read_environment(std::span<const std::string> variables);
  // A value as typed by a person; `where` says where ("--set", "environment").
  void set(std::string_view name, std::string_view value, const std::string& where);
  void set(std::string_view name, SettingValue value, const std::string& where);

  // The entries of a repeated table ("gateway.upstream"), in their order.
  const std::vector<SettingEntry>& entries(std::string_view table) const;

  Json to_json() const;  // {"learning": {"min_data_threshold": 50, ...}, ...}
  Json group_to_json(std::string_view group) const;

 private:
  std::map<std::string, SettingValue, std::less<>> values_;
  std::map<std::string, std::vector<SettingEntry>, std::less<>> entries_;
};

}  // namespace pawl

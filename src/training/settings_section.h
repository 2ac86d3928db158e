// Typed access to one section of a config; errors name the whole key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace pawl {

class SettingsSection {
 public:
  // Throws Error(kFormat) when `config`, which must outlive this, has no section at `path`.
  SettingsSection(const Json& config, std::string path);

  std::string name(std::string_view key) const { return path_ + "." + std::string(key); }
  bool has(std::string_view key) const;  // present and not null

  // Throw Error(kFormat) when the value is missing or another type.
  const Json& at(std::string_view key) const;
  uint64_t count(std::string_view key) const;  // a whole number, 0 or more
  double number(std::string_view key) const;   // finite
  bool flag(std::string_view key) const;
  std::string text(std::string_view key) const;
  std::vector<std::string> names(std::string_view key) const;
  void must_be(std::string_view key, std::string_view value) const;  // Error(kUnsupported)

  [[noreturn]] void wrong(std::string_view key, const std::string& what) const;

 private:
  std::string path_;
  const Json* section_;
};

}  // namespace pawl

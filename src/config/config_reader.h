// The text of a config.cfg with its references: sections as written, values resolved one by one.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/ini.h"

namespace pawl {

// A reference to a whole section becomes this marker, in quotes, until the sections have been read.
inline constexpr std::string_view kSectionMarker = "__SECTION__:";

class ConfigReader {
 public:
  // `numbered`: whether lines are those of a file, and named in errors.
  ConfigReader(std::string_view text, std::string where, bool numbered);

  const std::vector<IniSection>& sections() const { return sections_; }
  // The value's text with every ${...} in it replaced.
  std::string resolve(const IniSection& section, const IniEntry& entry) const;

  [[noreturn]] void fail(const IniSection& section, const IniEntry* entry,
                         const std::string& what) const;

 private:
  struct Scope;
  void expand(const Scope& scope, std::string_view rest, const IniSection& section,
              std::string_view key, std::vector<std::string>& pieces, int depth) const;
  size_t expand_reference(const Scope& scope, std::string_view rest, const IniSection& section,
                          std::string_view key, std::vector<std::string>& pieces, int depth) const;
  const IniSection* find(std::string_view name) const;
  void check() const;

  std::string where_;
  bool numbered_;
  std::vector<IniSection> sections_;
  std::unordered_map<std::string_view, const IniSection*> index_;
};

}  // namespace pawl

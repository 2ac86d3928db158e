// INI text as Python's configparser reads it with its default settings and case-sensitive keys: '#'
// and ';' comment lines, '=' or ':' between key and value, values that go on in indented lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct IniEntry {
  std::string key;
  std::string value;  // lines joined by '\n', as written
  int line = 0;       // counted from 1
};

struct IniSection {
  std::string name;
  int line = 0;
  std::vector<IniEntry> entries;

  const IniEntry* find(std::string_view key) const;  // null when absent
};

// Throws Error(kFormat) "where:line: ..." for text before the first section, a line that is neither
// section nor key, a section or key that comes twice.
std::vector<IniSection> parse_ini(std::string_view text, const std::string& where);

}  // namespace pawl

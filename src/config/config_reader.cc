#include "config/config_reader.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/utf8.h"
#include "config/python_json.h"

namespace pawl {

namespace {

constexpr size_t kMaxText = size_t{16} << 20;
constexpr size_t kMaxSections = 10000;
constexpr size_t kMaxDepth = 32;    // of sections
constexpr int kMaxReferences = 10;  // as configparser's MAX_INTERPOLATION_DEPTH

std::string section_marker(std::string_view name) {
  return "\"" + std::string(kSectionMarker) + std::string(name) + "\"";
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// How a piece reads inside of a longer string: JSON strings lose their quotes.
std::string in_string(const std::string& piece) {
  if (piece.find(kSectionMarker) != std::string::npos) return piece;
  const std::string_view text = trim(piece);
  if (text == "True" || text == "False" || text == "None") return piece;
  const std::optional<Json> value = parse_python_json(text);
  if (!value) return piece;
  if (value->is_string()) return value->as_string();
  return replace_all(python_json(*value), "\"", "\\\"");
}

std::vector<std::string_view> split_name(std::string_view name) {
  std::vector<std::string_view> parts;
  size_t start = 0;
  for (size_t dot; (dot = name.find('.', start)) != std::string_view::npos; start = dot + 1) {
    parts.push_back(name.substr(start, dot - start));
  }
  parts.push_back(name.substr(start));
  return parts;
}

}  // namespace

// What one value's expansion has in common: where it began and how much it may grow.
struct ConfigReader::Scope {
  const IniSection& section;
  const IniEntry& entry;
  size_t* size;
};

ConfigReader::ConfigReader(std::string_view text, std::string where, bool numbered)
    : where_(std::move(where)), numbered_(numbered) {
  if (text.size() > kMaxText) {
    throw Error(ErrorKind::kFormat, where_ + ": a config of more than 16 MiB is not read");
  }
  if (const size_t bad = utf8::find_invalid(text); bad != utf8::kValid) {
    throw Error(ErrorKind::kFormat, where_ + ": not UTF-8 at byte " + std::to_string(bad));
  }
  sections_ = parse_ini(text, where_);
  if (sections_.size() > kMaxSections) {
    throw Error(ErrorKind::kFormat, where_ + ": a config of more than " +
                                        std::to_string(kMaxSections) + " sections is not read");
  }
  for (const IniSection& section : sections_) index_.emplace(section.name, &section);
  check();
}

void ConfigReader::fail(const IniSection& section, const IniEntry* entry,
                        const std::string& what) const {
  std::string message = where_;
  if (numbered_) message += ":" + std::to_string(entry ? entry->line : section.line);
  message += ": [" + section.name + "]";
  if (entry) message += " " + entry->key;
  throw Error(ErrorKind::kFormat, message + ": " + what);
}

const IniSection* ConfigReader::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : found->second;
}

void ConfigReader::check() const {
  for (const IniSection& section : sections_) {
    if (section.name == "DEFAULT" && !section.entries.empty()) {
      fail(section, nullptr, "values outside of any section are not allowed");
    }
    const auto parts = split_name(section.name);
    if (parts.size() > kMaxDepth) fail(section, nullptr, "sections are nested too deeply");
    bool starred = false;
    size_t length = 0;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      length += parts[i].size() + (i > 0);
      starred = starred || parts[i] == "*";
      const IniSection* parent = find(std::string_view(section.name).substr(0, length));
      if (!parent && !starred) {
        fail(section, nullptr, "section '" + std::string(parts[i]) + "' is not defined");
      }
      const IniEntry* clash = parent ? parent->find(parts[i + 1]) : nullptr;
      if (clash) fail(*parent, clash, "is a value and a section at once");
    }
  }
}

std::string ConfigReader::resolve(const IniSection& section, const IniEntry& entry) const {
  std::vector<std::string> pieces;
  size_t size = 0;
  expand({section, entry, &size}, entry.value, section, entry.key, pieces, 1);
  if (pieces.size() == 1) return pieces[0];
  std::string out;
  for (const std::string& piece : pieces) out += in_string(piece);
  return out;
}

void ConfigReader::expand(const Scope& scope, std::string_view rest, const IniSection& section,
                          std::string_view key, std::vector<std::string>& pieces, int depth) const {
  if (depth > kMaxReferences) {
    fail(scope.section, &scope.entry, "references go in circles or through more than 10 steps");
  }
  *scope.size += rest.size();
  if (*scope.size > kMaxText) fail(scope.section, &scope.entry, "grows beyond 16 MiB");
  while (!rest.empty()) {
    const size_t dollar = rest.find('$');
    if (dollar == std::string_view::npos) {
      pieces.emplace_back(rest);
      return;
    }
    if (dollar > 0) pieces.emplace_back(rest.substr(0, dollar));
    rest.remove_prefix(dollar);
    if (rest.size() > 1 && rest[1] == '$') {
      pieces.emplace_back("$");
      rest.remove_prefix(2);
    } else if (rest.size() > 1 && rest[1] == '{') {
      rest.remove_prefix(expand_reference(scope, rest, section, key, pieces, depth));
    } else {
      fail(scope.section, &scope.entry, "'$' must be followed by '$' or '{'");
    }
  }
}

size_t ConfigReader::expand_reference(const Scope& scope, std::string_view rest,
                                      const IniSection& section, std::string_view key,
                                      std::vector<std::string>& pieces, int depth) const {
  const size_t end = rest.find('}');
  if (end == std::string_view::npos || end == 2) {
    fail(scope.section, &scope.entry, "'${' without a name and a closing '}'");
  }
  std::string name(rest.substr(2, end - 2));
  std::replace(name.begin(), name.end(), ':', '.');
  const size_t dot = name.rfind('.');
  const IniSection* home =
      dot == std::string::npos ? &section : find(std::string_view(name).substr(0, dot));
  const std::string_view option =
      dot == std::string::npos ? std::string_view(name) : std::string_view(name).substr(dot + 1);
  const IniEntry* entry = home ? home->find(option) : nullptr;
  const IniEntry* self = section.find(key);
  if (dot == std::string::npos && entry && self && entry->value == self->value) entry = nullptr;
  if (entry) {
    if (entry->value.find('$') != std::string::npos) {
      expand(scope, entry->value, *home, option, pieces, depth + 1);
    } else {
      *scope.size += entry->value.size();
      pieces.push_back(entry->value);
    }
  } else if (find(name)) {
    pieces.push_back(section_marker(name));
  } else {
    fail(scope.section, &scope.entry, "refers to '" + name + "', which does not exist");
  }
  return end + 1;
}

}  // namespace pawl

#include <toml++/toml.h>

#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/utf8.h"
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

// The same document in ASCII: escapes in strings, question marks in comments. toml++ 3.3 asks of
// any letter it does not expect whether it is a blank, and what it does then is undefined beyond
// ASCII.
class AsciiDocument {
 public:
  // Throws Error(kInvalidInput) for letters where TOML has none, and in literal strings, which have
  // no escapes.
  AsciiDocument(std::string_view text, const std::string& where) : text_(text), where_(where) {
    if (const size_t bad = utf8::find_invalid(text_); bad != utf8::kValid) fail(bad, "not UTF-8");
    if (text_.starts_with(utf8::kByteOrderMark)) at_ = utf8::kByteOrderMark.size();
    while (at_ < text_.size()) {
      if (text_[at_] == '"' || text_[at_] == '\'') {
        copy_string();
      } else if (text_[at_] == '#') {
        copy_comment();
      } else {
        copy_letter();
      }
    }
  }
  const std::string& text() const { return out_; }

 private:
  [[noreturn]] void fail(size_t at, const char* what) const {
    const std::string_view before = text_.substr(0, at);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    throw Error(ErrorKind::kInvalidInput,
                where_ + ":" + std::to_string(line) + ": not TOML: " + what);
  }

  bool is_ascii() const { return static_cast<unsigned char>(text_[at_]) < 0x80; }

  void copy_letter() {
    if (!is_ascii())
      fail(at_, "letters beyond ASCII stand in \"double quotes\" and in comments only");
    out_ += text_[at_++];
  }

  void copy_comment() {
    for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) out_ += is_ascii() ? text_[at_] : '?';
  }

  void copy_escaped() {
    char digits[16];
    std::snprintf(digits, sizeof digits, "\\U%08X", static_cast<unsigned>(utf8::next(text_, at_)));
    out_ += digits;
  }

  // Of one line, or of several in three quotes. One that does not end is toml++'s to report.
  void copy_string() {
    const bool escapes = text_[at_] == '"';
    const std::string three(3, text_[at_]);
    const bool lines = text_.substr(at_, 3) == three;
    const std::string_view quote = text_.substr(at_, lines ? 3 : 1);
    for (size_t i = 0; i < quote.size(); ++i) copy_letter();
    while (at_ < text_.size() && (lines || text_[at_] != '\n')) {
      const bool end = text_.substr(at_, quote.size()) == quote;
      if (escapes && !is_ascii()) {
        copy_escaped();
        continue;
      }
      const size_t letters = end ? quote.size() : escapes && text_[at_] == '\\' ? 2 : 1;
      for (size_t i = 0; i < letters && at_ < text_.size(); ++i) copy_letter();
      if (end) return;
    }
  }

  std::string_view text_;
  const std::string& where_;
  std::string out_;
  size_t at_ = 0;
};

toml::table parse(std::string_view document, const std::string& where) {
  const AsciiDocument ascii(document, where);
  try {
    return toml::parse(ascii.text());
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::kInvalidInput,
                at_line(where, error.source()) + ": not TOML: " + std::string(error.description()));
  }
}

bool is_repeated(const std::string& table) {
  for (const SettingSpec& spec : repeated_setting_table()) {
    if (spec.name.substr(0, spec.name.rfind('.')) == table) return true;
  }
  return false;
}

std::vector<SettingEntry> read_entries(const toml::node& node, const std::string& table,
                                       const std::string& where) {
  const toml::array* list = node.as_array();
  if (!list) {
    throw Error(ErrorKind::kInvalidInput, at_line(where, node.source()) + ": write [[" + table +
                                              "]], it may stand there several times");
  }
  std::vector<SettingEntry> entries;
  for (const toml::node& item : *list) {
    const toml::table* values = item.as_table();
    if (!values) {
      throw Error(ErrorKind::kInvalidInput,
                  at_line(where, item.source()) + ": " + table + " must be a table");
    }
    SettingEntry entry(table);
    for (const auto& [key, value] : *values) {
      const std::string name = table + "." + std::string(key.str());
      const std::string place = at_line(where, value.source());
      entry.set(key.str(), to_setting_value(value, name, place), place);
    }
    entries.push_back(std::move(entry));
  }
  return entries;
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
      if (is_repeated(name)) {
        next.entries_[name] = read_entries(value, name, where);
        continue;
      }
      next.set(name, to_setting_value(value, name, place), place);
    }
  }
  *this = std::move(next);
}

}  // namespace pawl

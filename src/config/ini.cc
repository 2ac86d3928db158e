#include "config/ini.h"

#include <unordered_set>

#include "base/error.h"

namespace pawl {

namespace {

constexpr std::string_view kSpace = " \t\r\n\v\f\x1c\x1d\x1e\x1f";

std::string_view strip(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  std::vector<IniSection> run() {
    while (at_ < text_.size()) {
      const size_t end = std::min(text_.find('\n', at_), text_.size());
      ++line_;
      take(text_.substr(at_, end - at_));
      at_ = end + 1;
    }
    close_value();
    return std::move(sections_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kFormat, where_ + ":" + std::to_string(line_) + ": " + what);
  }

  void take(std::string_view line) {
    const std::string_view value = strip(line);
    if (value.empty()) {
      if (in_value_) joined_ += '\n';
      return;
    }
    if (value.front() == '#' || value.front() == ';') return;
    const size_t indent = line.find_first_not_of(kSpace);
    if (in_value_ && indent > indent_) {
      joined_.append("\n").append(value);
      return;
    }
    indent_ = indent;
    const size_t bracket = value.find_last_of(']');
    if (value.front() == '[' && bracket != std::string_view::npos && bracket > 1) {
      open_section(value.substr(1, bracket - 1));
    } else {
      open_value(value);
    }
  }

  void open_section(std::string_view name) {
    close_value();
    if (!seen_sections_.emplace(name).second) {
      fail("section [" + std::string(name) + "] comes twice; merge the two");
    }
    seen_keys_.clear();
    sections_.push_back({std::string(name), line_, {}});
  }

  void open_value(std::string_view text) {
    close_value();
    if (sections_.empty()) fail("a value outside of any [section]");
    const size_t delimiter = text.find_first_of("=:");
    if (delimiter == std::string_view::npos) {
      fail("neither a [section] nor 'key = value'");
    }
    const std::string key(strip(text.substr(0, delimiter)));
    if (key.empty()) fail("a value without a key");
    if (!seen_keys_.insert(key).second) {
      fail("key '" + key + "' comes twice in [" + sections_.back().name + "]");
    }
    sections_.back().entries.push_back({key, {}, line_});
    joined_ = strip(text.substr(delimiter + 1));
    in_value_ = true;
  }

  void close_value() {
    if (!in_value_) return;
    const size_t last = joined_.find_last_not_of(kSpace);
    joined_.resize(last == std::string::npos ? 0 : last + 1);
    sections_.back().entries.back().value = std::move(joined_);
    joined_.clear();
    in_value_ = false;
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
  int line_ = 0;
  size_t indent_ = 0;
  bool in_value_ = false;
  std::string joined_;
  std::vector<IniSection> sections_;
  std::unordered_set<std::string> seen_sections_, seen_keys_;
};

}  // namespace

const IniEntry* IniSection::find(std::string_view key) const {
  for (const IniEntry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

std::vector<IniSection> parse_ini(std::string_view text, const std::string& where) {
  return Reader(text, where).run();
}

}  // namespace pawl

#include <simdjson.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/json.h"
#include "base/json_locate.h"
#include "base/json_strings.h"

namespace pawl {

namespace {

namespace dom = simdjson::dom;

// Parsers keep their buffers; one a thread serves the many small documents of a stream.
constexpr size_t kReusedBytes = size_t{1} << 20;
constexpr size_t kFewMembers = 8;

[[noreturn]] void fail(std::string_view text, size_t offset, const std::string& what) {
  throw Error(ErrorKind::kFormat, "JSON: " + what + " (" + describe_position(text, offset) + ")");
}

class Builder {
 public:
  Builder(std::string_view text, size_t max_depth) : text_(text), max_depth_(max_depth) {}

  Json build(const dom::element& element, size_t depth) const {
    using Type = dom::element_type;
    switch (element.type()) {
      case Type::ARRAY:
        return array(element.get_array().value_unsafe(), depth);
      case Type::OBJECT:
        return object(element.get_object().value_unsafe(), depth);
      case Type::INT64:
        return Json(int64_t{element.get_int64().value_unsafe()});
      case Type::UINT64:
        return Json(uint64_t{element.get_uint64().value_unsafe()});
      case Type::DOUBLE:
        return Json(element.get_double().value_unsafe());
      case Type::STRING:
        return Json(element.get_string().value_unsafe());
      case Type::BOOL:
        return Json(element.get_bool().value_unsafe());
      case Type::NULL_VALUE:
        break;
    }
    return Json();
  }

 private:
  void check_depth(size_t depth) const {
    if (depth < max_depth_) return;
    const JsonProblem problem = locate_json_problem(text_, max_depth_);
    fail(text_, problem.offset, "nested deeper than " + std::to_string(max_depth_) + " levels");
  }

  Json array(const dom::array& source, size_t depth) const {
    check_depth(depth);
    Json::Array items;
    items.reserve(source.size());
    for (const dom::element item : source) items.push_back(build(item, depth + 1));
    return Json(std::move(items));
  }

  Json object(const dom::object& source, size_t depth) const {
    check_depth(depth);
    Json::Object members;
    members.reserve(source.size());
    for (const auto& [key, value] : source) {
      members.emplace_back(std::string(key), build(value, depth + 1));
    }
    refuse_duplicates(members);
    return Json(std::move(members));
  }

  void refuse_duplicates(const Json::Object& members) const {
    if (members.size() <= kFewMembers) {
      for (size_t i = 1; i < members.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
          if (members[i].first == members[j].first) duplicate(members[i].first);
        }
      }
      return;
    }
    std::vector<std::string_view> keys;
    keys.reserve(members.size());
    for (const auto& [key, value] : members) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end()) duplicate(*twice);
  }

  static bool is_name(std::string_view key) {
    constexpr size_t kLongestName = 32;
    return key.size() <= kLongestName && std::all_of(key.begin(), key.end(), [](char c) {
             return (c >= 'a' && c <= 'z') || c == '_';
           });
  }

  [[noreturn]] void duplicate(std::string_view key) const {
    std::string quoted;
    append_json_string(quoted, key);
    const size_t first = text_.find(quoted);
    const size_t second =
        first == std::string_view::npos ? first : text_.find(quoted, first + quoted.size());
    // A name is shown, other text may be anybody's.
    const std::string what = is_name(key) ? "duplicate key " + quoted : "duplicate key";
    if (second == std::string_view::npos) throw Error(ErrorKind::kFormat, "JSON: " + what);
    fail(text_, second, what);
  }

  std::string_view text_;
  size_t max_depth_;
};

dom::element parse_element(dom::parser& parser, std::string_view text, const JsonLimits& limits) {
  const auto result = parser.parse(text.data(), text.size());
  if (result.error() == simdjson::SUCCESS) return result.value_unsafe();
  if (result.error() == simdjson::MEMALLOC) {
    throw Error(ErrorKind::kIo, "JSON: no memory for " + std::to_string(text.size()) + " bytes");
  }
  const JsonProblem problem = locate_json_problem(text, limits.max_depth);
  fail(text, problem.offset, problem.what);
}

Json parse_with(dom::parser& parser, std::string_view text, const JsonLimits& limits) {
  return Builder(text, limits.max_depth).build(parse_element(parser, text, limits), 0);
}

}  // namespace

Json parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    throw Error(ErrorKind::kFormat, "JSON: " + std::to_string(text.size()) +
                                        " bytes are more than the limit of " +
                                        std::to_string(limits.max_bytes));
  }
  if (text.size() <= kReusedBytes) {
    thread_local dom::parser reused;
    return parse_with(reused, text, limits);
  }
  dom::parser parser;
  return parse_with(parser, text, limits);
}

namespace {

bool is_json_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Walks over a list of strings of UTF-8 as long as it is one.
class StringListScanner {
 public:
  explicit StringListScanner(std::string_view text) : text_(text) {}

  // False where the text is no list of strings.
  bool scan(const std::function<void(std::string_view)>& each) {
    if (!take('[')) return false;
    if (take(']')) return at_end();
    do {
      if (!take('"') || !take_string(each)) return false;
    } while (take(','));
    return take(']') && at_end();
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && is_json_blank(text_[at_])) ++at_;
  }
  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }
  bool take(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // After the opening quotation mark.
  bool take_string(const std::function<void(std::string_view)>& each) {
    const size_t start = at_;
    bool escaped = false;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) return false;
      if (text_[at_] != '\\') continue;
      escaped = true;
      ++at_;
    }
    if (at_ >= text_.size()) return false;
    ++at_;
    if (!escaped) {
      each(text_.substr(start, at_ - start - 1));
      return true;
    }
    std::optional<Json> string = unescaped(text_.substr(start - 1, at_ - start + 1));
    if (string) each(string->as_string());
    return string.has_value();
  }

  static std::optional<Json> unescaped(std::string_view quoted) {
    try {
      return parse_json(quoted);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

void for_each_json_string(std::string_view text,
                          const std::function<void(std::string_view)>& each) {
  if (simdjson::validate_utf8(text.data(), text.size()) && StringListScanner(text).scan(each))
    return;
  dom::parser parser;
  parse_element(parser, text, {});  // says what is wrong
  throw Error(ErrorKind::kFormat, "JSON: must be a list of strings");
}

}  // namespace pawl

#include "base/json_locate.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/utf8.h"

namespace pawl {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Walks the text as RFC 8259 has it. Each step returns false when it has recorded a problem.
class Scanner {
 public:
  Scanner(std::string_view text, size_t max_depth) : text_(text), max_depth_(max_depth) {}

  JsonProblem run() {
    const size_t bad = utf8::find_invalid(text_);
    if (bad != utf8::kValid) text_ = text_.substr(0, bad);
    space();
    if (value(0)) {
      space();
      if (at_ < text_.size()) fail("text after the end of the value");
    }
    if (bad != utf8::kValid && (!problem_ || problem_->offset >= bad)) return {bad, "is not UTF-8"};
    return problem_.value_or(JsonProblem{0, "is not valid JSON"});
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool fail(const char* what) {
    if (!problem_) problem_ = {at_, at_ >= text_.size() ? "ends in the middle of a value" : what};
    return false;
  }

  void space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return fail("is not a JSON value");
    at_ += expected.size();
    return true;
  }

  bool value(size_t depth) {
    switch (peek()) {
      case '{':
        return container(depth, '}', true);
      case '[':
        return container(depth, ']', false);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return peek() == '-' || is_digit(peek()) ? number() : fail("is not a JSON value");
    }
  }

  bool container(size_t depth, char close, bool keyed) {
    if (depth >= max_depth_) return fail("is nested too deeply");
    ++at_;
    space();
    if (peek() == close) return ++at_, true;
    for (;;) {
      if (keyed && !key()) return false;
      space();
      if (!value(depth + 1)) return false;
      space();
      if (peek() == close) return ++at_, true;
      if (peek() != ',') return fail(keyed ? "expected , or }" : "expected , or ]");
      ++at_;
      space();
    }
  }

  bool key() {
    if (peek() != '"') return fail("expected a key in double quotes");
    if (!string()) return false;
    space();
    if (peek() != ':') return fail("expected :");
    ++at_;
    return true;
  }

  bool string() {
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20) return fail("control character in a string");
      if (c == '\\' && !escape()) return false;
    }
    return fail("unterminated string");
  }

  // The 16-bit unit of an escape whose 'u' is at `at`; none when it is malformed.
  std::optional<unsigned> unit_at(size_t at) const {
    unsigned unit = 0;
    const char* begin = text_.data() + std::min(at + 1, text_.size());
    const char* end = text_.data() + std::min(at + 5, text_.size());
    const auto read = std::from_chars(begin, end, unit, 16);
    if (read.ec != std::errc() || read.ptr != begin + 4) return std::nullopt;
    return unit;
  }

  bool escape() {
    ++at_;
    if (peek() != 'u') {
      const bool known =
          peek() != '\0' && std::string_view("\"\\/bfnrt").find(peek()) != std::string_view::npos;
      return known || fail("unknown escape");
    }
    const auto unit = unit_at(at_);
    if (!unit) return fail("bad \\u escape");
    if (*unit < 0xD800 || *unit > 0xDFFF) return at_ += 4, true;
    const bool paired = *unit < 0xDC00 && text_.substr(std::min(at_ + 5, text_.size()), 2) == "\\u";
    const auto low = paired ? unit_at(at_ + 6) : std::nullopt;
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return fail("half of a surrogate pair");
    at_ += 10;
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return fail("is not a number");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    const size_t start = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0')
      ++at_;
    else if (!digits())
      return false;
    bool integer = true;
    if (peek() == '.') {
      integer = false;
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      integer = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    return integer ? integer_fits(start) : double_fits(start);
  }

  bool integer_fits(size_t start) {
    const std::string_view literal = text_.substr(start, at_ - start);
    const std::string_view limit =
        literal[0] == '-' ? "-9223372036854775808" : "18446744073709551615";
    if (literal.size() < limit.size() || (literal.size() == limit.size() && literal <= limit))
      return true;
    at_ = start;
    return fail("integer does not fit in 64 bits");
  }

  bool double_fits(size_t start) {
    double value = 0;
    const auto read = std::from_chars(text_.data() + start, text_.data() + at_, value);
    if (read.ec != std::errc::result_out_of_range) return true;
    at_ = start;
    return fail("number is out of range");
  }

  std::string_view text_;
  size_t max_depth_;
  size_t at_ = 0;
  std::optional<JsonProblem> problem_;
};

}  // namespace

JsonProblem locate_json_problem(std::string_view text, size_t max_depth) {
  return Scanner(text, max_depth).run();
}

std::string describe_position(std::string_view text, size_t offset) {
  const auto lines = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(offset), '\n');
  return "line " + std::to_string(lines + 1) + ", byte " + std::to_string(offset);
}

}  // namespace pawl

#include "base/json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/utf8.h"

namespace pawl {

namespace {

const char* type_name(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "a boolean";
  if (value.is_integer()) return "an integer";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  return value.is_array() ? "an array" : "an object";
}

[[noreturn]] void wrong_type(const char* expected, const Json& found) {
  throw Error(ErrorKind::kInvalidInput,
              std::string("expected ") + expected + ", found " + type_name(found));
}

[[noreturn]] void out_of_range(const char* expected) {
  throw Error(ErrorKind::kInvalidInput,
              std::string("expected ") + expected + ", found a number out of range");
}

}  // namespace

bool Json::as_bool() const {
  if (const bool* value = std::get_if<bool>(&value_)) return *value;
  wrong_type("a boolean", *this);
}

int64_t Json::as_int() const {
  constexpr const char* kExpected = "an integer";
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return *value;
  if (const uint64_t* value = std::get_if<uint64_t>(&value_)) {
    if (*value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      out_of_range(kExpected);
    return static_cast<int64_t>(*value);
  }
  if (const double* value = std::get_if<double>(&value_)) {
    if (*value != std::floor(*value)) wrong_type(kExpected, *this);
    if (!(*value >= -0x1p63 && *value < 0x1p63)) out_of_range(kExpected);
    return static_cast<int64_t>(*value);
  }
  wrong_type(kExpected, *this);
}

uint64_t Json::as_uint() const {
  constexpr const char* kExpected = "a non-negative integer";
  if (const uint64_t* value = std::get_if<uint64_t>(&value_)) return *value;
  if (const int64_t* value = std::get_if<int64_t>(&value_)) {
    if (*value < 0) out_of_range(kExpected);
    return static_cast<uint64_t>(*value);
  }
  if (const double* value = std::get_if<double>(&value_)) {
    if (*value != std::floor(*value)) wrong_type(kExpected, *this);
    if (!(*value >= 0 && *value < 0x1p64)) out_of_range(kExpected);
    return static_cast<uint64_t>(*value);
  }
  wrong_type(kExpected, *this);
}

double Json::as_double() const {
  if (const double* value = std::get_if<double>(&value_)) return *value;
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return static_cast<double>(*value);
  if (const uint64_t* value = std::get_if<uint64_t>(&value_)) return static_cast<double>(*value);
  wrong_type("a number", *this);
}

const std::string& Json::as_string() const& {
  if (const std::string* value = std::get_if<std::string>(&value_)) return *value;
  wrong_type("a string", *this);
}

const Json::Array& Json::as_array() const& {
  if (const Array* value = std::get_if<Array>(&value_)) return *value;
  wrong_type("an array", *this);
}

const Json::Object& Json::as_object() const& {
  if (const Object* value = std::get_if<Object>(&value_)) return *value;
  wrong_type("an object", *this);
}

Json::Array& Json::as_array() & {
  return const_cast<Array&>(std::as_const(*this).as_array());
}
Json::Object& Json::as_object() & {
  return const_cast<Object&>(std::as_const(*this).as_object());
}

const Json* Json::find(std::string_view key) const {
  for (const auto& [name, value] : as_object()) {
    if (name == key) return &value;
  }
  return nullptr;
}

Json* Json::find(std::string_view key) {
  return const_cast<Json*>(std::as_const(*this).find(key));
}

const Json& Json::at(std::string_view key) const& {
  if (const Json* value = find(key)) return *value;
  throw Error(ErrorKind::kInvalidInput, "key \"" + std::string(key) + "\" is missing");
}

Json& Json::operator[](std::string_view key) {
  if (Json* value = find(key)) return *value;
  return as_object().emplace_back(std::string(key), Json()).second;
}

bool Json::erase(std::string_view key) {
  Object& members = as_object();
  return std::erase_if(members, [&](const Member& member) { return member.first == key; }) > 0;
}

namespace {

void append_escape(std::string& out, char32_t unit) {
  constexpr const char* kHex = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(kHex[unit >> shift & 0xF]);
}

void append_control(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      append_escape(out, static_cast<unsigned char>(c));
  }
}

void append_above_ascii(std::string& out, std::string_view text, size_t& at) {
  const char32_t code = utf8::next(text, at);
  if (code < 0x10000) return append_escape(out, code);
  append_escape(out, 0xD800 + ((code - 0x10000) >> 10));
  append_escape(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
}

// As Python's repr: the fewest digits, an exponent from 1e16 and below 1e-4, and never a bare
// integer.
void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    throw Error(ErrorKind::kInvalidInput, "JSON cannot hold a number that is not finite");
  }
  const double size = std::abs(value);
  const bool fixed = size == 0 || (size >= 1e-4 && size < 1e16);
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 fixed ? std::chars_format::fixed : std::chars_format::scientific);
  const std::string_view digits(buffer.data(), static_cast<size_t>(end.ptr - buffer.data()));
  out += digits;
  if (fixed && digits.find('.') == std::string_view::npos) out += ".0";
}

class Writer {
 public:
  Writer(std::string& out, const JsonStyle& style) : out_(out), style_(style) {}

  void write(const Json& value, int level) {
    if (value.is_string()) {
      append_json_string(out_, value.as_string(), style_.ascii);
    } else if (value.is_array()) {
      const auto& items = value.as_array();
      write_items('[', ']', items.size(), level, [&](size_t i) { write(items[i], level + 1); });
    } else if (value.is_object()) {
      const auto& members = value.as_object();
      write_items('{', '}', members.size(), level, [&](size_t i) {
        append_json_string(out_, members[i].first, style_.ascii);
        out_ += style_.spaces || style_.indent >= 0 ? ": " : ":";
        write(members[i].second, level + 1);
      });
    } else {
      write_scalar(value);
    }
  }

 private:
  void write_scalar(const Json& value) {
    if (value.is_null()) {
      out_ += "null";
    } else if (value.is_bool()) {
      out_ += value.as_bool() ? "true" : "false";
    } else if (!value.is_integer()) {
      append_double(out_, value.as_double());
    } else {
      std::array<char, 24> buffer;
      char* const last = buffer.data() + buffer.size();
      const bool large = value.as_double() >= 0x1p62;
      const auto end = large ? std::to_chars(buffer.data(), last, value.as_uint())
                             : std::to_chars(buffer.data(), last, value.as_int());
      out_.append(buffer.data(), end.ptr);
    }
  }

  void new_line(int level) {
    if (style_.indent < 0) return;
    out_.push_back('\n');
    out_.append(static_cast<size_t>(level) * static_cast<size_t>(style_.indent), ' ');
  }

  template <typename WriteOne>
  void write_items(char open, char close, size_t count, int level, WriteOne&& write_one) {
    out_.push_back(open);
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) out_ += style_.spaces && style_.indent < 0 ? ", " : ",";
      new_line(level + 1);
      write_one(i);
    }
    if (count > 0) new_line(level);
    out_.push_back(close);
  }

  std::string& out_;
  const JsonStyle& style_;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text, bool ascii) {
  out.push_back('"');
  size_t done = 0;
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool special = c < 0x20 || c == '"' || c == '\\' || (ascii && c >= 0x7F);
    if (!special) {
      ++i;
      continue;
    }
    out += text.substr(done, i - done);
    if (c < 0x7F) {
      append_control(out, text[i++]);
    } else {
      append_above_ascii(out, text, i);
    }
    done = i;
  }
  out += text.substr(done);
  out.push_back('"');
}

void append_json(std::string& out, const Json& value, const JsonStyle& style) {
  Writer(out, style).write(value, 0);
}

std::string to_json(const Json& value, const JsonStyle& style) {
  std::string out;
  append_json(out, value, style);
  return out;
}

Json readable_json(std::string_view text) {
  try {
    return parse_json(text);
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace pawl

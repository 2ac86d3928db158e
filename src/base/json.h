// JSON values: reading (simdjson behind it), an ordered document, writing. Members keep their
// order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pawl {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() : value_(nullptr) {}
  Json(std::nullptr_t) : value_(nullptr) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<int64_t>(value)) {}
  Json(int64_t value) : value_(value) {}
  Json(uint64_t value) : value_(value) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  static Json array() { return Json(Array{}); }
  static Json object() { return Json(Object{}); }

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const {
    return std::holds_alternative<int64_t>(value_) || std::holds_alternative<uint64_t>(value_);
  }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // Each throws Error(kInvalidInput) that names the type found when the value has another one.
  bool as_bool() const;
  int64_t as_int() const;  // an integer within range; a double with an integral value is accepted
  uint64_t as_uint() const;
  double as_double() const;  // any number
  // Those of a temporary are given away, so that a loop over parse_json(text).as_array() is safe.
  const std::string& as_string() const&;
  std::string as_string() && { return std::move(as_string_here()); }
  const Array& as_array() const&;
  Array& as_array() &;
  Array as_array() && { return std::move(as_array()); }
  const Object& as_object() const&;
  Object& as_object() &;
  Object as_object() && { return std::move(as_object()); }

  // Object members. find: null pointer when absent. at: throws Error naming the key. []: adds when
  // absent.
  const Json* find(std::string_view key) const;
  Json* find(std::string_view key);
  const Json& at(std::string_view key) const&;
  Json at(std::string_view key) && {
    return std::move(const_cast<Json&>(std::as_const(*this).at(key)));
  }
  Json& operator[](std::string_view key);
  bool erase(std::string_view key);

  void push_back(Json value) { as_array().push_back(std::move(value)); }
  bool operator==(const Json& other) const = default;

 private:
  std::string& as_string_here() {
    return const_cast<std::string&>(std::as_const(*this).as_string());
  }

  std::variant<std::nullptr_t, bool, int64_t, uint64_t, double, std::string, Array, Object> value_;
};

struct JsonLimits {
  size_t max_bytes = size_t{1} << 30;
  size_t max_depth = 64;
};

// Throws Error(kFormat) saying what is wrong and at which byte or line. Text must be UTF-8;
// duplicate keys are refused. Throws for documents over the limits before building anything.
Json parse_json(std::string_view text, const JsonLimits& limits = {});
// Null where the text is no JSON.
Json readable_json(std::string_view text);

struct JsonStyle {
  int indent = -1;      // < 0: one line
  bool ascii = false;   // escape everything above U+007F
  bool spaces = false;  // ", " and ": " on one line, as Python's json.dumps
};

// Doubles are written with the fewest digits that read back the same. NaN and infinities throw.
std::string to_json(const Json& value, const JsonStyle& style = {});
void append_json(std::string& out, const Json& value, const JsonStyle& style = {});
void append_json_string(std::string& out, std::string_view text, bool ascii = false);

}  // namespace pawl

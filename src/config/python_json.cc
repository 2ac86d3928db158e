#include "config/python_json.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace pawl {

namespace {

constexpr int kFixedBelow = 16;  // repr() writes 1e16 and above, and below 1e-4, with an exponent
constexpr int kFixedFrom = -4;

struct Decimal {
  std::string digits;  // without trailing zeros
  int exponent = 0;    // of the first digit
};

Decimal shortest(double value) {
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  const size_t e = text.find('e');
  Decimal out;
  for (const char c : text.substr(0, e)) {
    if (c != '.') out.digits += c;
  }
  const char* first = text.data() + e + 1;
  if (*first == '+') ++first;
  std::from_chars(first, text.data() + text.size(), out.exponent);
  return out;
}

void append(std::string& out, const Json& value) {
  if (value.is_array()) {
    const char* separator = "[";
    for (const Json& item : value.as_array()) {
      out += separator;
      append(out, item);
      separator = ", ";
    }
    out += value.as_array().empty() ? "[]" : "]";
  } else if (value.is_object()) {
    const char* separator = "{";
    for (const auto& [key, item] : value.as_object()) {
      out += separator;
      append_json_string(out, key, true);
      out += ": ";
      append(out, item);
      separator = ", ";
    }
    out += value.as_object().empty() ? "{}" : "}";
  } else if (value.is_string()) {
    append_json_string(out, value.as_string(), true);
  } else if (value.is_number() && !value.is_integer()) {
    out += python_float(value.as_double());
  } else {
    append_json(out, value);
  }
}

}  // namespace

std::string python_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  const std::string sign = std::signbit(value) ? "-" : "";
  const Decimal d = shortest(std::fabs(value));
  const int n = static_cast<int>(d.digits.size());
  if (d.exponent < kFixedFrom || d.exponent >= kFixedBelow) {
    const std::string fraction = n > 1 ? "." + d.digits.substr(1) : "";
    const int size = std::abs(d.exponent);
    return sign + d.digits[0] + fraction + (d.exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") +
           std::to_string(size);
  }
  if (d.exponent < 0) return sign + "0." + std::string(-d.exponent - 1, '0') + d.digits;
  if (n <= d.exponent + 1) return sign + d.digits + std::string(d.exponent + 1 - n, '0') + ".0";
  return sign + d.digits.substr(0, d.exponent + 1) + "." + d.digits.substr(d.exponent + 1);
}

std::string python_json(const Json& value) {
  std::string out;
  append(out, value);
  return out;
}

std::optional<Json> parse_python_json(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "True") return Json(true);
  if (text == "False") return Json(false);
  if (text == "None") return Json(nullptr);
  if (text == "NaN") return Json(std::numeric_limits<double>::quiet_NaN());
  if (text == "Infinity") return Json(kInfinity);
  if (text == "-Infinity") return Json(-kInfinity);
  if (text.empty() ||
      std::string_view("{[\"-0123456789tfn").find(text[0]) == std::string_view::npos)
    return {};
  try {
    return parse_json(text);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace pawl

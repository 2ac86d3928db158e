#include "text/matcher/pattern.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace pawl::matcher {
namespace {

// "{n,m}" becomes that many copies of the token.
constexpr size_t kMostCopies = 10000;

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, what);
}

bool equal_ignoring_case(std::string_view a, std::string_view upper) {
  return a.size() == upper.size() &&
         std::equal(a.begin(), a.end(), upper.begin(), [](char x, char y) {
           return std::toupper(static_cast<unsigned char>(x)) == y;
         });
}

std::optional<size_t> read_count(std::string_view digits) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

std::vector<Quantifier> read_range(std::string_view inner, const std::string& op) {
  const size_t comma = inner.find(',');
  const std::string_view low = inner.substr(0, comma);
  const std::string_view high = comma == std::string_view::npos ? low : inner.substr(comma + 1);
  const auto least = read_count(low), most = read_count(high);
  const bool wrong = (!low.empty() && !least) || (!high.empty() && !most) || (!least && !most) ||
                     (least && most && *least > *most);
  if (wrong || least.value_or(0) > kMostCopies || most.value_or(0) > kMostCopies) {
    fail("OP: \"" + op + "\" is no quantifier; known are !, ?, *, +, {n}, {n,m}, {n,} and {,m} " +
         "with n not above m and both up to " + std::to_string(kMostCopies));
  }
  std::vector<Quantifier> out(least.value_or(0), Quantifier::kOne);
  if (most) {
    out.insert(out.end(), *most - least.value_or(0), Quantifier::kOptional);
  } else {
    out.push_back(Quantifier::kAnyNumber);
  }
  return out;
}

std::vector<Quantifier> read_quantifiers(const Json& value) {
  if (!value.is_string()) fail("OP: must be a string");
  const std::string& op = value.as_string();
  if (op == "1") return {Quantifier::kOne};
  if (op == "!") return {Quantifier::kNone};
  if (op == "?") return {Quantifier::kOptional};
  if (op == "*") return {Quantifier::kAnyNumber};
  if (op == "+") return {Quantifier::kOne, Quantifier::kAnyNumber};
  if (op.size() >= 2 && op.front() == '{' && op.back() == '}')
    return read_range(std::string_view(op).substr(1, op.size() - 2), op);
  return read_range("", op);
}

uint64_t read_value(Attr attribute, const Json& value, StringStore& strings) {
  if (value.is_bool()) return value.as_bool() ? 1 : 0;
  if (value.is_integer()) return value.as_uint();
  if (!value.is_string()) fail("must be a string, a whole number, true, false or an object");
  if (attribute == Attr::kEntIob) {
    constexpr std::string_view kTags[] = {"", "I", "O", "B"};
    const auto found = std::find(std::begin(kTags), std::end(kTags), value.as_string());
    if (found != std::end(kTags)) return static_cast<uint64_t>(found - std::begin(kTags));
  }
  if (!is_string(attribute)) fail("is a number or flag and cannot be a string");
  return strings.add(value.as_string());
}

void read_member(const std::string& key, const Json& value, StringStore& strings, TokenSpec& spec) {
  const Attr attribute = attribute_from_name(key);
  if (!value.is_object()) {
    spec.values.emplace_back(attribute, read_value(attribute, value, strings));
    return;
  }
  for (auto& predicate : read_predicates(attribute, value, strings))
    spec.predicates.push_back(std::move(predicate));
}

void read_token(const Json& token, StringStore& strings, std::vector<TokenSpec>& out) {
  if (!token.is_object()) fail("must be an object of attributes");
  TokenSpec spec;
  std::vector<Quantifier> quantifiers = {Quantifier::kOne};
  for (const auto& [key, value] : token.as_object()) {
    if (equal_ignoring_case(key, "OP")) {
      quantifiers = read_quantifiers(value);
      continue;
    }
    try {
      read_member(key, value, strings, spec);
    } catch (const Error& error) {
      throw error.within(key);
    }
  }
  for (const Quantifier quantifier : quantifiers) {
    out.push_back(spec);
    out.back().quantifier = quantifier;
  }
}

}  // namespace

TokenPattern read_pattern(const Json& pattern, StringStore& strings) {
  if (!pattern.is_array() || pattern.as_array().empty())
    fail("a pattern must be a list with at least one token");
  TokenPattern out;
  for (size_t i = 0; i < pattern.as_array().size(); ++i) {
    try {
      read_token(pattern.as_array()[i], strings, out.specs);
    } catch (const Error& error) {
      throw error.within("token " + std::to_string(i + 1));
    }
    if (out.specs.size() > kMostCopies) fail("the pattern has too many tokens");
  }
  if (out.specs.empty()) fail("a pattern must ask for at least one token");
  return out;
}

}  // namespace pawl::matcher

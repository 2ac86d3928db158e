#include "http/api/fields.h"

#include <algorithm>
#include <charconv>

#include "base/env.h"
#include "base/error.h"
#include "http/door/problem.h"

namespace pawl::http {
namespace {

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, "\"" + name + "\" must be " + what);
}

std::optional<int64_t> number_of(std::string_view text) {
  int64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void require_object(const Json& body) {
  if (!body.is_object()) throw Error(ErrorKind::kInvalidInput, "the body must be an object");
}

void only_fields(const Json& body, std::initializer_list<std::string_view> known) {
  require_object(body);
  for (const auto& [name, value] : body.as_object()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string all;
    for (const std::string_view one : known) all += (all.empty() ? "" : ", ") + std::string(one);
    throw Error(ErrorKind::kInvalidInput, "\"" + name + "\" is not known here; there are " + all);
  }
}

Json body_or_empty(const Call& call) {
  if (call.request->body.empty()) return Json::object();
  try {
    return parse_json(call.request->body);
  } catch (const Error& error) {
    throw Refusal(400, std::string("the body is no JSON: ") + error.what());
  }
}

const Json* find_field(const Json& body, const std::string& name) {
  require_object(body);
  const Json* value = body.find(name);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

std::optional<std::string> text_field(const Json& body, const std::string& name) {
  const Json* value = find_field(body, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) fail(name, "a text");
  return value->as_string();
}

std::string required_text(const Json& body, const std::string& name) {
  const auto value = text_field(body, name);
  if (!value || value->empty()) fail(name, "a text that is not empty");
  return *value;
}

std::optional<bool> flag_field(const Json& body, const std::string& name) {
  const Json* value = find_field(body, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) fail(name, "true or false");
  return value->as_bool();
}

std::optional<int64_t> integer_field(const Json& body, const std::string& name) {
  const Json* value = find_field(body, name);
  if (value == nullptr) return std::nullopt;
  try {
    return value->as_int();
  } catch (const Error&) {
    fail(name, "an integer");
  }
}

std::vector<std::string> texts_field(const Json& body, const std::string& name) {
  std::vector<std::string> texts;
  const Json* value = find_field(body, name);
  if (value == nullptr) return texts;
  if (!value->is_array()) fail(name, "a list of texts");
  for (const Json& text : value->as_array()) {
    if (!text.is_string()) fail(name, "a list of texts");
    texts.push_back(text.as_string());
  }
  return texts;
}

std::optional<int64_t> time_field(const Json& body, const std::string& name) {
  const auto text = text_field(body, name);
  if (!text) return std::nullopt;
  try {
    return parse_time(*text);
  } catch (const Error&) {
    fail(name, "an RFC 3339 time, as 2026-11-22T12:00:00Z");
  }
}

size_t limit_of(const Call& call, size_t otherwise) {
  const auto text = call.query("limit");
  if (!text) return otherwise;
  const auto value = number_of(*text);
  if (!value || *value < 1 || *value > 1000) fail("limit", "1 to 1000");
  return static_cast<size_t>(*value);
}

std::optional<int64_t> cursor_of(const Call& call) {
  const auto text = call.query("cursor");
  if (!text) return std::nullopt;
  const auto value =
      text->starts_with("c") ? number_of(std::string_view(*text).substr(1)) : std::nullopt;
  if (!value || *value < 0) fail("cursor", "as an earlier page gave it");
  return value;
}

Json page(Json items, std::optional<int64_t> next) {
  Json out = Json::object();
  out["items"] = std::move(items);
  out["next_cursor"] = next ? Json("c" + std::to_string(*next)) : Json();
  return out;
}

Json time_json(std::optional<int64_t> micros) {
  return micros ? Json(format_time(*micros)) : Json();
}

}  // namespace pawl::http

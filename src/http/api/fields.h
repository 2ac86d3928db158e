// Reading the members of a request's JSON and its query; every complaint names the field.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/door/route.h"

namespace pawl::http {

// Throw Error(kInvalidInput). Null counts as absent.
void require_object(const Json& body);
// Of what changes something for good a misspelt member must not be passed over.
void only_fields(const Json& body, std::initializer_list<std::string_view> known);
// Of a request whose body may be left out; throws Refusal(400) for what is no JSON.
Json body_or_empty(const Call& call);
const Json* find_field(const Json& body, const std::string& name);
std::optional<std::string> text_field(const Json& body, const std::string& name);
std::string required_text(const Json& body, const std::string& name);
std::optional<bool> flag_field(const Json& body, const std::string& name);
std::optional<int64_t> integer_field(const Json& body, const std::string& name);
std::vector<std::string> texts_field(const Json& body, const std::string& name);
// RFC 3339.
std::optional<int64_t> time_field(const Json& body, const std::string& name);

// ?limit=, 1 to 1000.
size_t limit_of(const Call& call, size_t otherwise = 50);
// ?cursor=, as a page gave it.
std::optional<int64_t> cursor_of(const Call& call);
// {"items": [...], "next_cursor": "..."|null}
Json page(Json items, std::optional<int64_t> next);

Json time_json(std::optional<int64_t> micros);  // RFC 3339 or null

}  // namespace pawl::http

#include "http/api/openapi.h"

#include "http/api/openapi_schemas.h"

namespace pawl::http {
namespace {

Json object(std::initializer_list<std::pair<const char*, Json>> members) {
  Json out = Json::object();
  for (const auto& [key, value] : members) out[key] = value;
  return out;
}

Json reference(const std::string& schema) {
  return object({{"$ref", "#/components/schemas/" + schema}});
}

Json content(const std::string& type, const std::string& schema) {
  Json out = Json::object();
  out[type] = object({{"schema", reference(schema)}});
  return out;
}

std::string media_type(const std::string& schema) {
  if (schema == "Text") return "text/plain";
  if (schema == "Events") return "text/event-stream";
  if (schema == "File") return "*/*";
  if (schema == "Html") return "text/html";
  if (schema == "Tar") return "application/x-tar";
  return "application/json";
}

Json parameter(const std::string& name, const char* place, bool required) {
  return object({{"name", name},
                 {"in", place},
                 {"required", required},
                 {"schema", object({{"type", "string"}})}});
}

Json parameters_of(const Route& route) {
  Json out = Json::array();
  for (size_t at = route.pattern.find('{'); at != std::string::npos;
       at = route.pattern.find('{', at + 1)) {
    const size_t end = route.pattern.find('}', at);
    out.push_back(parameter(route.pattern.substr(at + 1, end - at - 1), "path", true));
  }
  for (const std::string& name : route.query) out.push_back(parameter(name, "query", false));
  if (route.idempotent_key) out.push_back(parameter("Idempotency-Key", "header", false));
  return out;
}

Json good_answer(const Route& route, int status) {
  Json good = object({{"description", reason_phrase(status)}});
  if (!route.answer_schema.empty())
    good["content"] = content(media_type(route.answer_schema), route.answer_schema);
  return good;
}

Json answers_of(const Route& route) {
  Json answers = Json::object();
  answers[std::to_string(route.success)] = good_answer(route, route.success);
  for (const int status : route.also) answers[std::to_string(status)] = good_answer(route, status);
  answers["default"] = object({{"description", "A problem, in words (RFC 9457)"},
                               {"content", content("application/problem+json", "Problem")}});
  return answers;
}

Json operation_of(const Route& route) {
  Json operation = object({{"operationId", route.name},
                           {"summary", route.summary},
                           {"parameters", parameters_of(route)}});
  if (!route.body_schema.empty()) {
    operation["requestBody"] =
        object({{"required", true}, {"content", content("application/json", route.body_schema)}});
  }
  operation["responses"] = answers_of(route);
  if (route.least) {
    operation["description"] = "Least role: " + std::string(service::role_name(*route.least)) + ".";
    operation["security"] = Json(Json::Array{object({{"key", Json::array()}})});
  } else {
    operation["security"] = Json::array();
  }
  return operation;
}

}  // namespace

Json openapi_of(const RouteTable& table) {
  Json paths = Json::object();
  for (const Route& route : table.routes()) {
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    Json& item = paths[route.pattern];
    if (item.is_null()) item = Json::object();
    item[method] = operation_of(route);
  }
  Json out = object({{"openapi", "3.1.0"}});
  out["info"] = object(
      {{"title", "pawl"},
       {"version", "1"},
       {"description", "A language-understanding engine that learns from every conversation."}});
  out["paths"] = std::move(paths);
  Json components = Json::object();
  components["schemas"] = parse_json(kOpenapiSchemas);
  components["securitySchemes"] =
      object({{"key", object({{"type", "http"}, {"scheme", "bearer"}})}});
  out["components"] = std::move(components);
  return out;
}

}  // namespace pawl::http

// Answers one request per line: {"text", "interpolate"?, "overrides"?: {path: value}} -> {"config"
// as text of JSON, "written"} or {"error"}; {"value": text} -> {"dumped"}: a JSON value as Python
// writes it.
#include <iostream>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "config/python_json.h"
#include "config/spacy_config.h"

namespace {

pawl::Json answer(const pawl::Json& request) {
  using namespace pawl;
  Json out = Json::object();
  if (const Json* value = request.find("value")) {
    const auto parsed = parse_python_json(value->as_string());
    out["dumped"] = parsed ? Json(python_json(*parsed)) : Json();
    return out;
  }
  ConfigOptions options;
  if (const Json* interpolate = request.find("interpolate"))
    options.interpolate = interpolate->as_bool();
  if (const Json* overrides = request.find("overrides")) options.overrides = overrides->as_object();
  const Json config = parse_config(request.at("text").as_string(), "config.cfg", options);
  out["config"] = python_json(config);
  out["written"] = write_config(config);
  return out;
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    pawl::Json out = pawl::Json::object();
    try {
      out = answer(pawl::parse_json(line));
    } catch (const pawl::Error& error) {
      out["error"] = error.what();
    }
    std::cout << pawl::to_json(out) << std::endl;
  }
}

#include "http/door/route.h"

namespace pawl::http {
namespace {

// Matches segment by segment; {name} takes one segment, decoded.
bool fits(std::string_view pattern, std::string_view path,
          std::map<std::string, std::string>& parameters) {
  while (true) {
    const std::string_view want = pattern.substr(0, pattern.find('/'));
    const std::string_view have = path.substr(0, path.find('/'));
    if (want.starts_with('{')) {
      auto value = percent_decode(have);
      if (!value || value->empty()) return false;
      parameters[std::string(want.substr(1, want.size() - 2))] = std::move(*value);
    } else if (want != have) {
      return false;
    }
    const bool pattern_ends = want.size() == pattern.size();
    if (pattern_ends != (have.size() == path.size())) return false;
    if (pattern_ends) return true;
    pattern.remove_prefix(want.size() + 1);
    path.remove_prefix(have.size() + 1);
  }
}

}  // namespace

void RouteTable::add(Route route) {
  routes_.push_back(std::move(route));
}

RouteTable::Match RouteTable::match(std::string_view method, std::string_view path) const {
  Match found;
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  for (size_t i = 0; i < routes_.size(); ++i) {
    std::map<std::string, std::string> parameters;
    if (!fits(routes_[i].pattern, path, parameters)) continue;
    if (routes_[i].method == wanted) return {static_cast<int>(i), std::move(parameters), {}};
    found.allowed += (found.allowed.empty() ? "" : ", ") + routes_[i].method;
  }
  return found;
}

Response json_response(const Json& body, int status) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  append_json(response.body, body);
  return response;
}

}  // namespace pawl::http

// The dashboard's page and what it loads; all of it lies in the program.
#include "base/error.h"
#include "base/hash.h"
#include "http/api/api.h"
#include "http/api/embedded_files.h"

namespace pawl::http {
namespace {

// Its own files and this service's REST, and nothing else in the world.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return "image/svg+xml";
}

Response file(const Call& call, std::string_view name) {
  for (const EmbeddedFile& one : embedded_files()) {
    if (one.name != name) continue;
    Response response;
    const std::string tag = "\"" + blake2b_hex(one.content).substr(0, 32) + "\"";
    response.headers.add("ETag", tag);
    response.headers.add("Cache-Control", "no-cache");
    response.headers.add("Content-Security-Policy", kPolicy);
    response.headers.add("Referrer-Policy", "no-referrer");
    response.headers.add("Cross-Origin-Opener-Policy", "same-origin");
    if (call.request->headers.get("If-None-Match") == tag) {
      response.status = 304;
      return response;
    }
    response.headers.add("Content-Type", std::string(type_of(name)));
    response.body = one.content;
    return response;
  }
  throw Error(ErrorKind::kNotFound, "the dashboard has no such file");
}

}  // namespace

void add_dashboard_routes(RouteTable& table) {
  table.add({.method = "GET",
             .pattern = "/",
             .least = {},
             .name = "dashboard",
             .summary = "The dashboard, for a browser",
             .answer_schema = "Html",
             .handle = [](Call& call) { return file(call, "index.html"); }});
  table.add({.method = "GET",
             .pattern = "/assets/{file}",
             .least = {},
             .name = "dashboard_file",
             .summary = "What the dashboard loads",
             .answer_schema = "File",
             .handle = [](Call& call) { return file(call, call.parameters.at("file")); }});
}

}  // namespace pawl::http

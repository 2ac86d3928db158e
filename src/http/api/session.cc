// Signing in to the dashboard, and out; who the caller is.
#include "http/api/api.h"
#include "http/api/fields.h"
#include "http/door/door.h"
#include "http/door/problem.h"

namespace pawl::http {
namespace {

// A page of another site must not sign its visitor in.
void require_own_page(const Call& call) {
  const std::string_view site = call.request->headers.get("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none")
    throw Refusal(403, "only the dashboard's own page signs in");
}

std::string cookie(const ApiParts& parts, const Call& call, const std::string& value,
                   const std::string& more) {
  const bool https = !parts.engine.settings().text("serve.tls_key").empty() ||
                     call.request->headers.get("X-Forwarded-Proto") == "https";
  return std::string(kSessionCookie) + "=" + value + "; Path=/; HttpOnly; SameSite=Strict" +
         (https ? "; Secure" : "") + more;
}

Json who_json(const ApiParts& parts, const service::Key& key, const std::string& tenant,
              const Json& csrf) {
  Json out = Json::object();
  out["key_id"] = key.id;
  out["name"] = key.name;
  out["role"] = service::role_name(key.role);
  out["tenant"] = tenant;
  Json tenants = Json::array();
  if (key.tenant == service::kEveryTenant) {
    for (const std::string& name : parts.engine.tenants()) tenants.push_back(Json(name));
  } else {
    tenants.push_back(Json(key.tenant));
  }
  out["tenants"] = std::move(tenants);
  out["csrf"] = csrf;
  return out;
}

Response sign_in(const ApiParts& parts, Call& call) {
  require_own_page(call);
  const auto key = parts.keys.check(required_text(call.body, "key"));
  if (!key) throw Refusal(401, "the key is unknown, revoked or expired");
  const auto opened = (*parts.door)->sessions().open(key->id);
  const bool every = key->tenant == service::kEveryTenant;
  const std::string tenant = every ? parts.engine.settings().text("gateway.tenant") : key->tenant;
  Response response = json_response(who_json(parts, *key, tenant, Json(opened.session.csrf)), 201);
  response.headers.add("Set-Cookie", cookie(parts, call, opened.token, ""));
  return response;
}

Response who(const ApiParts& parts, Call& call) {
  service::Key key;
  if (call.caller.key == "loopback") {
    key = {.id = "loopback",
           .digest = "",
           .name = "open on loopback",
           .role = call.caller.role,
           .tenant = std::string(service::kEveryTenant),
           .expires_at = {}};
  } else if (const auto found = parts.keys.find(call.caller.key)) {
    key = *found;
  }
  const auto session = (*parts.door)
                           ->sessions()
                           .find(cookie_value(call.request->headers.get("Cookie"), kSessionCookie));
  return json_response(
      who_json(parts, key, call.caller.tenant, session ? Json(session->csrf) : Json()));
}

Response sign_out(const ApiParts& parts, Call& call) {
  (*parts.door)
      ->sessions()
      .close(cookie_value(call.request->headers.get("Cookie"), kSessionCookie));
  Response response{.status = 204, .headers = {}, .body = ""};
  response.headers.add("Set-Cookie", cookie(parts, call, "", "; Max-Age=0"));
  return response;
}

}  // namespace

void add_session_routes(RouteTable& table, const ApiParts& parts) {
  table.add({.method = "POST",
             .pattern = "/api/v1/session",
             .least = {},
             .name = "sign_in",
             .summary = "Signs a browser in with a key; the session is a cookie",
             .max_body = 4096,
             .body_schema = "SignIn",
             .answer_schema = "Who",
             .success = 201,
             .handle = [parts](Call& call) { return sign_in(parts, call); }});
  table.add({.method = "GET",
             .pattern = "/api/v1/session",
             .least = service::Role::kReadonly,
             .name = "who",
             .summary = "Who the caller is, and what for",
             .answer_schema = "Who",
             .handle = [parts](Call& call) { return who(parts, call); }});
  table.add({.method = "DELETE",
             .pattern = "/api/v1/session",
             .least = service::Role::kReadonly,
             .name = "sign_out",
             .summary = "Ends the browser's session",
             .success = 204,
             .handle = [parts](Call& call) { return sign_out(parts, call); }});
}

}  // namespace pawl::http

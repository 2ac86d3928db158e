// Is it alive, is it ready, how does it do, what can it do.
#include "base/error.h"
#include "http/api/api.h"
#include "http/api/fields.h"
#include "http/api/openapi.h"
#include "http/door/door.h"
#include "http/door/problem.h"

namespace pawl::http {
namespace {

Response plain(std::string text, int status = 200) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(text);
  return response;
}

// Ready to answer: not asked to stop, and the store can be read.
Response ready(const ApiParts& parts) {
  if (parts.draining) throw Refusal(503, "the service is stopping");
  parts.engine.tenants();
  return plain("ready\n");
}

// By hours or days, the oldest first; spans without anything are left out.
Response activity(const ApiParts& parts, Call& call) {
  parts.engine.tenant(call.caller.tenant).require();
  constexpr int64_t kHour = int64_t{3600} * 1'000'000, kDay = 24 * kHour;
  const std::string by = call.query("by").value_or("day");
  if (by != "day" && by != "hour")
    throw Error(ErrorKind::kInvalidInput, "\"by\" must be day or hour");
  const int64_t span = by == "day" ? kDay : kHour;
  const auto spans = static_cast<int64_t>(limit_of(call, 30));
  const int64_t since = (parts.env.now_micros() / span - spans + 1) * span;
  const auto found = read_from(parts.engine.store(), [&](Transaction& t) {
    return t.activity(call.caller.tenant, since, span);
  });
  Json items = Json::array();
  for (const ActivityRecord& one : found) {
    Json item = Json::object();
    item["from"] = time_json(one.from);
    item["turns"] = one.turns;
    item["feedback"] = one.feedback;
    item["corrections"] = one.corrections;
    items.push_back(std::move(item));
  }
  return json_response(page(std::move(items), std::nullopt));
}

}  // namespace

void add_operation_routes(RouteTable& table, const ApiParts& parts) {
  // On the loop itself: it says that the loop turns.
  table.add({.method = "GET",
             .pattern = "/healthz",
             .least = {},
             .name = "healthz",
             .summary = "200 while the process answers",
             .answer_schema = "Text",
             .live = [parts](std::shared_ptr<Exchange> exchange, Call call) {
               (*parts.door)->done(call, 200);
               Response response = plain("ok\n");
               response.headers.add("X-Request-Id", call.id);
               exchange->respond(std::move(response));
             }});
  table.add({.method = "GET",
             .pattern = "/readyz",
             .least = {},
             .name = "readyz",
             .summary = "200 while requests should be sent here",
             .answer_schema = "Text",
             .handle = [parts](Call&) { return ready(parts); }});
  table.add({.method = "GET",
             .pattern = "/metrics",
             .least = service::Role::kReadonly,
             .name = "metrics",
             .summary = "Prometheus metrics",
             .answer_schema = "Text",
             .handle = [parts](Call&) {
               Response response = plain(parts.metrics.text());
               response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
               return response;
             }});
  table.add({.method = "GET",
             .pattern = "/api/v1/activity",
             .least = service::Role::kReadonly,
             .name = "activity",
             .summary = "Turns, feedback and corrections that arrived, ?by=day or hour",
             .answer_schema = "Page",
             .query = {"by", "limit"},
             .handle = [parts](Call& call) { return activity(parts, call); }});
  table.add(
      {.method = "GET",
       .pattern = "/api/openapi.json",
       .least = {},
       .name = "openapi",
       .summary = "This description",
       .answer_schema = "Object",
       .handle = [parts](Call&) { return json_response(openapi_of((*parts.door)->routes())); }});
}

}  // namespace pawl::http

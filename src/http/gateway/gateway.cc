#include "http/gateway/gateway.h"

#include <set>

#include "base/error.h"
#include "base/json.h"
#include "http/door/problem.h"
#include "http/gateway/embeddings.h"
#include "http/gateway/enhance.h"
#include "http/gateway/relay.h"

namespace pawl::http {
namespace {

// A longer body is read off the loop, which has other connections.
constexpr size_t kReadHere = 32 * 1024;
constexpr Duration kGenerationAge = std::chrono::milliseconds(500);

}  // namespace

GatewayOptions gateway_options(const Settings& settings) {
  const auto count = [&](const char* name) { return static_cast<size_t>(settings.integer(name)); };
  GatewayOptions options;
  options.total = seconds(settings.number("gateway.total_seconds"));
  options.attempts = static_cast<int>(settings.integer("gateway.attempts"));
  options.retry_share = settings.number("gateway.retry_share");
  options.breaker.failures = static_cast<int>(settings.integer("gateway.breaker_failures"));
  options.breaker.rest = seconds(settings.number("gateway.breaker_seconds"));
  options.local_fallback = settings.text("gateway.fallback") == "local";
  options.capture = settings.flag("gateway.capture");
  options.memory_answers = settings.flag("gateway.memory_answers");
  options.enhance = settings.flag("gateway.enhance");
  options.max_answer_bytes = count("gateway.max_answer_kb") * 1024;
  options.max_waiting_turns = count("gateway.max_waiting_turns");
  options.stop_within = seconds(settings.number("serve.drain_seconds"));
  options.max_body = count("serve.max_body_mb") << 20;
  return options;
}

Response gateway_problem(int status, std::string_view message, std::string_view type) {
  Response response = problem(status, message);
  Json error = Json::object();
  error["message"] = message;
  error["type"] = type;
  error["param"] = Json();
  error["code"] = Json();
  Json body = parse_json(response.body);
  body["error"] = std::move(error);
  response.body = to_json(body);
  return response;
}

Gateway::Gateway(GatewayParts parts, GatewayOptions options, std::vector<UpstreamOptions> upstreams)
    : parts_(parts),
      options_(options),
      budget_(options.retry_share),
      tokens_(parts.env, parts.engine.store()),
      local_(parts.env, parts.engine, options.memory_answers),
      capture_(parts.engine, parts.metrics, parts.log,
               {options.max_waiting_turns, options.max_answer_bytes, options.stop_within}) {
  if (options.enhance) write_enhancement_prompt(parts.env, parts.engine.folder());
  for (UpstreamOptions& upstream : upstreams) {
    upstreams_.push_back(std::make_unique<Upstream>(parts.loop, parts.metrics, std::move(upstream),
                                                    options.breaker));
  }
}

Gateway::~Gateway() = default;

void Gateway::add_routes(RouteTable& table) {
  table.add({.method = "POST",
             .pattern = "/v1/chat/completions",
             .least = service::Role::kUser,
             .name = "chat_completions",
             .summary = "A chat completion through the upstreams, streamed or not",
             .max_body = options_.max_body,
             .live = [this](std::shared_ptr<Exchange> exchange, Call call) {
               chat(std::move(exchange), std::move(call));
             }});
  table.add({.method = "GET",
             .pattern = "/v1/models",
             .least = service::Role::kReadonly,
             .name = "models",
             .summary = "The models that may be asked for",
             .answer_schema = "Object",
             .handle = [this](Call&) { return list_models(); }});
  table.add({.method = "POST",
             .pattern = "/v1/embeddings",
             .least = service::Role::kUser,
             .name = "embeddings",
             .summary = "Sentence vectors of texts, computed here",
             .max_body = options_.max_body,
             .body_schema = "Object",
             .answer_schema = "Object",
             .handle = [this](Call& call) { return embed(call); }});
}

void Gateway::open(Door& door) {
  door_ = &door;
  read_from(parts_.engine.store(), [&](Transaction& t) {
    for (const std::string& tenant : t.tenants()) {
      if (const auto live = t.live(tenant)) generations_[tenant].first = live->generation_id;
    }
    return true;
  });
}

void Gateway::count(const std::string& outcome) {
  parts_.metrics
      .counter("pawl_gateway_requests_total", "Chat completions, by how they ended.",
               {{"outcome", outcome}})
      .add();
}

std::string Gateway::generation_of(const std::string& tenant) {
  auto& [generation, asked_at] = generations_[tenant];
  const Instant now = std::chrono::steady_clock::now();
  if (asked_at == Instant() || now - asked_at > kGenerationAge) {
    asked_at = now;
    default_consent_ = parts_.engine.settings().flag("learning.default_consent");
    parts_.workers.try_run([this, tenant] {
      std::string live;
      try {
        live = parts_.engine.live_models().get(tenant)->generation;
      } catch (const std::exception&) {
        return;  // none yet
      }
      parts_.loop.post([this, tenant, live] { generations_[tenant].first = live; });
    });
  }
  return generation;
}

void Gateway::chat(std::shared_ptr<Exchange> exchange, Call call) {
  const std::string caller = call.caller.actor();
  const auto read = [](const Request& request,
                       const std::string& who) -> std::variant<ChatRequest, Response> {
    try {
      return read_chat_request(request, who);
    } catch (const Error& error) {
      return gateway_problem(400, error.what(), "invalid_request_error");
    }
  };
  const auto go_on = [this](std::shared_ptr<Exchange> to, Call of,
                            std::variant<ChatRequest, Response> result) {
    if (auto* refusal = std::get_if<Response>(&result)) {
      refusal->headers.add("X-Request-Id", of.id);
      door_->done(of, refusal->status);
      return to->respond(std::move(*refusal));
    }
    begin_chat(std::move(to), std::move(of), std::move(std::get<ChatRequest>(result)));
  };
  if (call.request->body.size() <= kReadHere) {
    auto result = read(*call.request, caller);
    return go_on(std::move(exchange), std::move(call), std::move(result));
  }
  auto task = [this, exchange, call, caller, read, go_on]() mutable {
    auto result = read(*call.request, caller);
    parts_.loop.post(
        [exchange = std::move(exchange), call = std::move(call), result = std::move(result),
         go_on]() mutable { go_on(std::move(exchange), std::move(call), std::move(result)); });
  };
  if (!parts_.workers.try_run(std::move(task)))
    go_on(exchange, call, gateway_problem(503, "too much waits already", "overloaded"));
}

void Gateway::begin_chat(std::shared_ptr<Exchange> exchange, Call call, ChatRequest request) {
  generation_of(call.caller.tenant);
  if (!request.consent) request.consent = default_consent_;
  if (options_.enhance && !request.user_text.empty())
    return enhance(std::move(exchange), std::move(call), std::move(request));
  relay(std::move(exchange), std::move(call), std::move(request));
}

void Gateway::relay(std::shared_ptr<Exchange> exchange, Call call, ChatRequest request) {
  std::make_shared<Relay>(*this, std::move(exchange), std::move(call), std::move(request))->start();
}

void Gateway::enhance(std::shared_ptr<Exchange> exchange, Call call, ChatRequest request) {
  auto task = [this, exchange, call, request]() mutable {
    try {
      auto changed = std::make_shared<Request>(*call.request);
      changed->body = enhanced_body(parts_.env, parts_.engine, call.caller.tenant,
                                    call.request->body, request.user_text);
      call.request = std::move(changed);
    } catch (const std::exception& error) {
      parts_.log.write(LogLevel::kWarning, "not_enhanced",
                       {{"request", call.id}, {"reason", error.what()}});
    }
    parts_.loop.post([this, exchange = std::move(exchange), call = std::move(call),
                      request = std::move(request)]() mutable {
      relay(std::move(exchange), std::move(call), std::move(request));
    });
  };
  if (!parts_.workers.try_run(std::move(task)))
    relay(std::move(exchange), std::move(call), std::move(request));
}

std::vector<std::string> Gateway::models() const {
  std::set<std::string> names = {"pawl-local"};
  for (const auto& upstream : upstreams_)
    names.insert(upstream->options.models.begin(), upstream->options.models.end());
  return {names.begin(), names.end()};
}

Response Gateway::list_models() const {
  Json list = Json::array();
  for (const std::string& name : models()) {
    Json model = Json::object();
    model["id"] = name;
    model["object"] = "model";
    model["created"] = 0;
    model["owned_by"] = "pawl";
    list.push_back(std::move(model));
  }
  Json body = Json::object();
  body["object"] = "list";
  body["data"] = std::move(list);
  return json_response(body);
}

Response Gateway::embed(Call& call) const {
  try {
    return json_response(embeddings(parts_.engine, call.caller.tenant, call.body));
  } catch (const Error& error) {
    const bool theirs =
        error.kind() == ErrorKind::kInvalidInput || error.kind() == ErrorKind::kUnsupported;
    if (!theirs) throw;
    return gateway_problem(error.kind() == ErrorKind::kUnsupported ? 501 : 400, error.what(),
                           "invalid_request_error");
  }
}

}  // namespace pawl::http

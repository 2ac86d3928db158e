#include "http/door/door.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <new>

#include "base/hash.h"
#include "http/door/problem.h"
#include "learn/intake/collect.h"

namespace pawl::http {
namespace {

// Bytes of a body that shares a thread's turn with others; longer ones would keep them waiting.
constexpr size_t kMostGathered = 4096;
// A list of texts or turns, most likely.
constexpr size_t kLongBody = 16384;

// The id a client gave, when it is harmless; else a new one.
std::string request_id(Env& env, const Request& head) {
  const std::string_view given = head.headers.get("X-Request-Id");
  const auto harmless = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!given.empty() && given.size() <= 128 && std::all_of(given.begin(), given.end(), harmless))
    return std::string(given);
  uint64_t random[2];
  env.random_bytes(random, sizeof random);
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(random[0]),
                static_cast<unsigned long long>(random[1]));
  return text;
}

std::string_view bearer(const Request& head) {
  std::string_view value = head.headers.get("Authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (value.size() <= kScheme.size() ||
      !equal_ignoring_case(value.substr(0, kScheme.size()), kScheme))
    return {};
  value.remove_prefix(kScheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value;
}

// A page of another site may name this machine, but not by these names.
bool names_loopback(std::string_view host) {
  if (host.starts_with("[::1]")) return true;
  const std::string_view name = host.substr(0, host.rfind(':'));
  return name == "localhost" || name == "127.0.0.1";
}

// Throws Refusal.
void read_body(const Route& route, Call& call) {
  if (route.body_schema.empty() || call.body_read) return;
  const std::string_view type = call.request->headers.get("Content-Type");
  const std::string_view media = type.substr(0, type.find_first_of("; \t"));
  if (!type.empty() && !equal_ignoring_case(media, "application/json"))
    throw Refusal(415, "the body must be sent as Content-Type: application/json (curl: --json)");
  try {
    call.body = parse_json(call.request->body);
  } catch (const Error& error) {
    throw Refusal(400, std::string("the body is no JSON: ") + error.what());
  }
  call.body_read = true;
}

// Whatever goes wrong here goes wrong again, and is told, when each is answered by itself.
void prepare_together(const Route& route, std::span<const GatheredCall> group) {
  std::vector<Call*> calls;
  for (const GatheredCall& one : group) {
    try {
      read_body(route, *one.call);
      calls.push_back(one.call.get());
    } catch (const std::exception&) {
      continue;
    }
  }
  try {
    route.together(calls);
  } catch (const std::exception&) {
    return;
  }
}

std::string subject_of(const Call& call) {
  std::string subject(call.request->path());
  if (subject.size() > 256) subject.resize(256);
  return subject;
}

// The trail is kept for long and never changed: what it says of a person's turn leads to nobody.
std::string subject_of_turn(const Route& route, const Call& call, const std::string& secret) {
  constexpr size_t kDigits = 16;
  const std::string place = "{id}";
  std::string subject = route.pattern;
  const size_t at = subject.find(place);
  const auto id = call.parameters.find("id");
  if (at == std::string::npos || id == call.parameters.end()) return subject;
  return subject.replace(at, place.size(),
                         "turn-" + blake2b_hex(secret + "\n" + id->second).substr(0, kDigits));
}

}  // namespace

Door::Door(DoorParts parts, RouteTable routes, DoorOptions options)
    : parts_(parts),
      routes_(std::move(routes)),
      options_(std::move(options)),
      idempotency_(parts.env, parts.store),
      sessions_(parts.env) {
  constexpr std::array<const char*, 6> kClasses = {"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (const Route& route : routes_.routes()) {
    gatherings_.push_back(route.together ? std::make_unique<Gathering>(options_.threads) : nullptr);
    durations_.push_back(&parts_.metrics.histogram("pawl_http_request_seconds",
                                                   "Time from a request's head to its answer.",
                                                   {{"route", route.name}}));
    auto& classes = counts_.emplace_back();
    for (size_t i = 0; i < classes.size(); ++i) {
      classes[i] = &parts_.metrics.counter("pawl_http_requests_total", "Requests answered.",
                                           {{"route", route.name}, {"status", kClasses[i]}});
    }
  }
  denied_ = &parts_.metrics.counter("pawl_http_denied_total",
                                    "Requests refused for want of a key, role or quota.");
  unknown_ = &parts_.metrics.counter("pawl_http_unrouted_total",
                                     "Requests for what there is not, or malformed.");
}

Response Door::refuse(int status, std::string_view detail) {
  unknown_->add();
  return problem(status, detail);
}

std::variant<Admission, Response> Door::admit(Request& head) {
  auto call = std::make_shared<Call>();
  call->started = std::chrono::steady_clock::now();
  call->id = request_id(parts_.env, head);
  const auto match = routes_.match(head.method, head.path());
  if (match.index < 0) {
    unknown_->add();
    Response refusal =
        match.allowed.empty()
            ? problem(404, "there is nothing at this path; /api/openapi.json lists all")
            : problem(405, "this path knows " + match.allowed);
    if (!match.allowed.empty()) refusal.headers.add("Allow", match.allowed);
    finish_headers(*call, refusal);
    return refusal;
  }
  const Route& route = routes_.routes()[static_cast<size_t>(match.index)];
  call->route = match.index;
  call->parameters = match.parameters;
  if (auto refusal = identify(head, route, *call)) {
    denied_->add();
    finish_headers(*call, *refusal);
    return std::move(*refusal);
  }
  return Admission{route.max_body, call};
}

// Who asks: nothing when that is settled and allowed.
std::optional<Response> Door::identify(const Request& head, const Route& route, Call& call) {
  if (!route.least) return std::nullopt;
  const std::string_view token = bearer(head);
  if (token.empty()) {
    std::optional<Response> refusal;
    if (const auto key = key_of_session(head, refusal)) return authorize(head, route, *key, call);
    if (refusal) return refusal;
    if (!options_.open_on_loopback || !head.loopback || !names_loopback(head.headers.get("Host")))
      return problem(401, "send a key: Authorization: Bearer pawl_<id>_<secret>");
    call.caller = {"loopback", service::Role::kAdmin, ""};
    return choose_tenant(head, std::string(service::kEveryTenant), call);
  }
  const auto key = parts_.keys.check(token);
  if (!key) return problem(401, "the key is unknown, revoked or expired");
  return authorize(head, route, *key, call);
}

// The key that a browser signed in with. A request that changes something has to bring what only
// the dashboard's own page knows.
std::optional<service::Key> Door::key_of_session(const Request& head,
                                                 std::optional<Response>& refusal) {
  const std::string_view token = cookie_value(head.headers.get("Cookie"), kSessionCookie);
  if (token.empty()) return std::nullopt;
  const auto session = sessions_.find(token);
  const auto key = session ? parts_.keys.find(session->key) : std::nullopt;
  if (!key) return std::nullopt;
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (reads || equal_in_constant_time(session->csrf, head.headers.get(kCsrfHeader))) return key;
  refusal = problem(403, "a session's changes need its token in " + std::string(kCsrfHeader));
  return std::nullopt;
}

std::optional<Response> Door::authorize(const Request& head, const Route& route,
                                        const service::Key& key, Call& call) {
  call.caller = {key.id, key.role, key.tenant};
  if (const int seconds = wait_of(key); seconds > 0) {
    Response refusal = problem(
        429, "this key may make " + std::to_string(key.requests_per_minute) + " requests a minute");
    refusal.headers.add("Retry-After", std::to_string(seconds));
    return refusal;
  }
  if (key.role < *route.least) {
    deny(call, route);
    return problem(403, "this needs the role " + std::string(service::role_name(*route.least)) +
                            "; the key has " + std::string(service::role_name(key.role)));
  }
  return choose_tenant(head, key.tenant, call);
}

// X-Pawl-Tenant names another tenant; only a key that stands for every tenant may.
std::optional<Response> Door::choose_tenant(const Request& head, const std::string& bound,
                                            Call& call) {
  const std::string_view named = head.headers.get("X-Pawl-Tenant");
  const bool any = bound == service::kEveryTenant;
  if (!named.empty() && !any && named != bound)
    return problem(403, "this key belongs to another tenant than X-Pawl-Tenant names");
  if (named.size() > 128) return problem(400, "X-Pawl-Tenant is too long");
  call.caller.tenant = !named.empty() ? std::string(named) : any ? options_.tenant : bound;
  return std::nullopt;
}

int Door::wait_of(const service::Key& key) {
  if (key.requests_per_minute == 0) return 0;
  const double most = static_cast<double>(key.requests_per_minute);
  const Instant now = std::chrono::steady_clock::now();
  const auto [found, added] = buckets_.try_emplace(key.id, Bucket{most, now});
  Bucket& bucket = found->second;
  const double minutes = std::chrono::duration<double, std::ratio<60>>(now - bucket.at).count();
  bucket.tokens = std::min(most, bucket.tokens + minutes * most);
  bucket.at = now;
  if (bucket.tokens < 1) return static_cast<int>(std::ceil((1 - bucket.tokens) / most * 60));
  bucket.tokens -= 1;
  return 0;
}

void Door::handle(std::shared_ptr<Exchange> exchange, const Admission& admission) {
  auto call = std::static_pointer_cast<Call>(admission.mark);
  const Route& route = routes_.routes()[static_cast<size_t>(call->route)];
  call->request = std::make_shared<Request>(std::move(exchange->request()));
  if (route.live) return route.live(std::move(exchange), std::move(*call));
  if (route.together && call->request->body.size() <= kMostGathered)
    return gather(route, {std::move(call), std::move(exchange)});
  auto task = [this, call, exchange, &route]() mutable {
    Response response = answer(route, *call);
    // The exchange goes back to the loop's thread, to end there.
    parts_.loop.post(
        [this, call, exchange = std::move(exchange), response = std::move(response)]() mutable {
          done(*call, response.status);
          exchange->respond(std::move(response));
        });
  };
  const auto length = route.slow || call->request->body.size() > kLongBody
                          ? Workers::Length::kLong
                          : Workers::Length::kShort;
  if (!parts_.workers.try_run(std::move(task), length)) turn_away(*call, *exchange);
}

// As many tasks as calls: one that finds nothing left has nothing to do.
void Door::gather(const Route& route, GatheredCall one) {
  Gathering& gathering = *gatherings_[static_cast<size_t>(one.call->route)];
  gathering.add(one);
  if (parts_.workers.try_run([this, &route, &gathering] { answer_gathered(route, gathering); }))
    return;
  if (gathering.take_back(*one.call)) turn_away(*one.call, *one.exchange);
}

void Door::answer_gathered(const Route& route, Gathering& gathering) {
  std::vector<GatheredCall> group = gathering.take();
  if (group.empty()) return;
  if (group.size() > 1) prepare_together(route, group);
  const auto alone = std::stable_partition(
      group.begin(), group.end(), [](const auto& one) { return one.call->ready != nullptr; });
  deliver(route, {std::make_move_iterator(group.begin()), std::make_move_iterator(alone)});
  for (auto one = alone; one != group.end(); ++one) {
    std::vector<GatheredCall> single;
    single.push_back(std::move(*one));
    deliver(route, std::move(single));
  }
}

void Door::deliver(const Route& route, std::vector<GatheredCall> calls) {
  if (calls.empty()) return;
  std::vector<Response> responses;
  for (const GatheredCall& one : calls) responses.push_back(answer(route, *one.call));
  // The exchanges go back to the loop's thread, to end there.
  parts_.loop.post([this, calls = std::move(calls), responses = std::move(responses)]() mutable {
    for (size_t i = 0; i < calls.size(); ++i) {
      done(*calls[i].call, responses[i].status);
      calls[i].exchange->respond(std::move(responses[i]));
    }
  });
}

void Door::turn_away(Call& call, Exchange& exchange) {
  Response busy = problem(503, "too much waits already; come again");
  busy.headers.add("Retry-After", "1");
  finish_headers(call, busy);
  done(call, busy.status);
  exchange.respond(std::move(busy));
}

Response Door::answer(const Route& route, Call& call) {
  Response response;
  try {
    read_body(route, call);
    response = answer_once(route, call);
    if (!route.audit.empty()) {
      audit(call, route.audit,
            route.names_turn
                ? subject_of_turn(route, call, learn::id_secret(parts_.env, parts_.store))
                : subject_of(call),
            response.status);
    }
  } catch (const Refusal& refusal) {
    response = problem(refusal.status(), refusal.what());
  } catch (const Error& error) {
    response = problem(error);
    if (response.status >= 500) {
      parts_.log.write(LogLevel::kError, "request_failed",
                       {{"request", call.id}, {"route", route.name}, {"reason", error.what()}});
      response = problem(response.status,
                         "this failed inside; the log says why, under request " + call.id);
    }
  } catch (const std::bad_alloc&) {
    response = problem(503, "not enough memory for this; try less at a time");
  } catch (const std::exception& error) {
    parts_.log.write(LogLevel::kError, "request_failed",
                     {{"request", call.id}, {"route", route.name}, {"reason", error.what()}});
    response = problem(500, "this failed inside; the log says why, under request " + call.id);
  }
  finish_headers(call, response);
  return response;
}

// The first answer, or the one the same request had before.
Response Door::answer_once(const Route& route, Call& call) {
  const std::string_view key = call.request->headers.get("Idempotency-Key");
  if (!route.idempotent_key || key.empty()) return run(route, call);
  if (key.size() > 255) throw Refusal(400, "Idempotency-Key may have 255 bytes");
  const std::string id = blake2b_hex(call.caller.key + "\n" + call.caller.tenant + "\n" +
                                     route.name + "\n" + std::string(key));
  // With the key, which is kept nowhere: a body alone could be guessed from its hash.
  const std::string fingerprint =
      blake2b_hex(std::string(key) + "\n" + call.request->target + "\n" + call.request->body);
  const auto hold = idempotency_.hold(id);
  if (auto earlier = idempotency_.earlier(id, fingerprint)) return std::move(*earlier);
  Response response = run(route, call);
  if (response.status < 500) idempotency_.remember(id, fingerprint, response);
  return response;
}

Response Door::run(const Route& route, Call& call) {
  return route.handle(call);
}

void Door::deny(const Call& call, const Route& route) {
  parts_.workers.try_run([this, caller = call.caller, name = route.name, id = call.id] {
    Call denied;
    denied.caller = caller;
    denied.id = id;
    audit(denied, "denied", name, 403);
  });
}

void Door::audit(const Call& call, const std::string& kind, const std::string& subject,
                 int status) {
  Json details = Json::object();
  details["status"] = status;
  details["request"] = call.id;
  EventRecord event;
  event.tenant_id = call.caller.tenant == service::kEveryTenant ? "" : call.caller.tenant;
  event.at = parts_.env.now_micros();
  event.actor = call.caller.actor();
  event.kind = kind;
  event.subject = subject;
  event.details = to_json(details);
  try {
    write_to(parts_.store, [&](Transaction& t) { t.add_event(event); });
  } catch (const Error& error) {
    parts_.log.write(LogLevel::kError, "audit_failed",
                     {{"request", call.id}, {"reason", error.what()}});
    if (kind != "denied") throw;
  }
}

void Door::finish_headers(const Call& call, Response& response) const {
  response.headers.set("X-Request-Id", call.id);
  response.headers.add("X-Content-Type-Options", "nosniff");
  if (response.headers.find("Cache-Control") == nullptr)
    response.headers.add("Cache-Control", "no-store");
}

void Door::done(const Call& call, int status) {
  const auto index = static_cast<size_t>(call.route);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - call.started).count();
  durations_[index]->observe(seconds);
  counts_[index][std::clamp<size_t>(static_cast<size_t>(status) / 100, 0, 5)]->add();
  if (!options_.log_requests) return;
  const Route& route = routes_.routes()[index];
  parts_.log.write(status >= 500 ? LogLevel::kWarning : LogLevel::kInfo, "request",
                   {{"request", call.id},
                    {"route", route.name},
                    {"status", status},
                    {"seconds", seconds},
                    {"key", call.caller.key},
                    {"tenant", call.caller.tenant}});
}

}  // namespace pawl::http

#include "http/gateway/relay.h"

#include <algorithm>
#include <cstring>

#include "base/json.h"
#include "http/gateway/answer.h"

namespace pawl::http {
namespace {

constexpr size_t kMaxWhole = size_t{64} << 20;  // of an answer that must be whole to be judged
constexpr size_t kMaxHeld = size_t{1} << 20;    // before the first good event
constexpr size_t kMaxUnfinished = 64 * 1024;    // of an event before its blank line
constexpr size_t kMaxUnsent = 256 * 1024;       // for a client that reads slowly
constexpr double kShortRest = 2;                // a Retry-After that is waited for

double seconds_between(Instant from, Instant to) {
  return std::chrono::duration<double>(to - from).count();
}

bool is_clients_fault(int status) {
  return status == 400 || status == 404 || status == 405 || status == 413 || status == 415 ||
         status == 422;
}

// std::string_view::find stops at every quotation mark.
size_t find_in(std::string_view text, std::string_view what) {
  const void* found = ::memmem(text.data(), text.size(), what.data(), what.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

// Whether a chunk says why the answer ended, without reading all of it.
bool names_reason(std::string_view chunk) {
  constexpr std::string_view kName = "\"finish_reason\"";
  size_t at = find_in(chunk, kName);
  if (at == std::string_view::npos) return false;
  at = chunk.find_first_not_of(" \t:", at + kName.size());
  return at != std::string_view::npos && chunk[at] == '"';
}

}  // namespace

Relay::Relay(Gateway& gateway, std::shared_ptr<Exchange> exchange, Call call, ChatRequest request)
    : gateway_(gateway),
      exchange_(std::move(exchange)),
      call_(std::move(call)),
      request_(std::move(request)),
      turn_id_(new_uuid(gateway.parts().env)),
      tried_(gateway.upstreams().size()) {}

void Relay::start() {
  deadline_ = call_.started + gateway_.options().total;
  exchange_->on_gone([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->client_gone();
  });
  gateway_.budget().request();
  attempt();
}

// The first of the chain that was tried least and may be tried now.
Upstream* Relay::choose() {
  const Instant now = std::chrono::steady_clock::now();
  auto& upstreams = gateway_.upstreams();
  const int fewest = tried_.empty() ? 0 : *std::min_element(tried_.begin(), tried_.end());
  for (int round = fewest; round < gateway_.options().attempts; ++round) {
    for (size_t i = 0; i < upstreams.size(); ++i) {
      if (tried_[i] != round || !upstreams[i]->serves(request_.model)) continue;
      if (upstreams[i]->breaker.open(now)) continue;
      if (round > 0 && !gateway_.budget().take()) return nullptr;
      if (!upstreams[i]->breaker.admits(now)) continue;
      ++tried_[i];
      return upstreams[i].get();
    }
  }
  return nullptr;
}

void Relay::attempt() {
  const Instant now = std::chrono::steady_clock::now();
  Upstream* next = attempts_ < gateway_.options().attempts && now < deadline_ ? choose() : nullptr;
  if (next == nullptr) return answer_locally();
  ++attempts_;
  const auto index =
      static_cast<size_t>(std::find_if(gateway_.upstreams().begin(), gateway_.upstreams().end(),
                                       [next](const auto& u) { return u.get() == next; }) -
                          gateway_.upstreams().begin());
  if (tried_[index] == 1) return send(*next);
  // The same one again: not at once, and not all at the same moment.
  uint16_t jitter = 0;
  gateway_.parts().env.random_bytes(&jitter, sizeof jitter);
  const auto wait = std::chrono::milliseconds((50 << std::min(tried_[index] - 2, 5)) *
                                              (100 + jitter % 100) / 100);
  backoff_ =
      gateway_.parts().loop.after(wait, [self = shared_from_this(), next] { self->send(*next); });
}

Headers Relay::upstream_headers(const Upstream& upstream) const {
  Headers headers;
  for (const auto& [name, value] : call_.request->headers) {
    if (goes_upstream(call_.request->headers, name)) headers.add(name, value);
  }
  // What is learnt of an answer must be readable here, too.
  headers.add("Accept-Encoding", "identity");
  if (!upstream.options.key.empty()) headers.add("Authorization", "Bearer " + upstream.options.key);
  return headers;
}

void Relay::send(Upstream& upstream) {
  upstream_ = &upstream;
  phase_ = Phase::kWaiting;
  judging_ = true;
  first_good_ = bad_ = done_seen_ = reason_seen_ = error_seen_ = paused_ = too_long_ = false;
  body_.clear();
  kept_.clear();
  passed_ = 0;
  events_ = SseParser();
  attempt_began_ = last_bytes_ = std::chrono::steady_clock::now();
  ClientEvents events;
  events.on_head = [self = shared_from_this()](int status, const Headers& headers) {
    self->on_head(status, headers);
  };
  events.on_data = [self = shared_from_this()](std::string_view bytes) { self->on_data(bytes); };
  events.on_end = [self = shared_from_this()] { self->on_end(); };
  events.on_failure = [self = shared_from_this()](ClientFailure, const std::string& why) {
    if (self->phase_ == Phase::kPassing) return self->break_off(why);
    self->attempt_failed(why);
  };
  const std::string_view query = call_.request->query();
  const std::string target = "/chat/completions" + (query.empty() ? "" : "?" + std::string(query));
  upstream_call_ = upstream.client.send("POST", target, upstream_headers(upstream),
                                        call_.request->body, std::move(events));
  watch();
}

void Relay::on_head(int status, const Headers& headers) {
  status_ = status;
  headers_ = headers;
  const double rest = retry_after_seconds(headers);
  if (status == 429 || status == 503) {
    const Instant now = std::chrono::steady_clock::now();
    if (rest > 0)
      upstream_->breaker.rest_until(now +
                                    std::chrono::microseconds(static_cast<int64_t>(rest * 1e6)));
  }
  if (status / 100 == 2) {
    const std::string_view type = headers.get("Content-Type");
    const bool plain = headers.get("Content-Encoding").empty() ||
                       equal_ignoring_case(headers.get("Content-Encoding"), "identity");
    const bool events = plain && equal_ignoring_case(type.substr(0, 17), "text/event-stream");
    phase_ = events ? Phase::kHolding : Phase::kWhole;
    return;
  }
  if (is_clients_fault(status)) {
    phase_ = Phase::kWhole;
    return;
  }
  const bool denied = status == 401 || status == 402 || status == 403 || status == 407;
  attempt_failed("it answered " + std::to_string(status), !denied && status / 100 != 3);
}

void Relay::on_data(std::string_view bytes) {
  last_bytes_ = std::chrono::steady_clock::now();
  if (phase_ == Phase::kWhole) {
    if (body_.size() + bytes.size() > kMaxWhole)
      return attempt_failed("its answer is longer than 64 MiB");
    body_ += bytes;
    return;
  }
  if (phase_ == Phase::kHolding || phase_ == Phase::kPassing) on_events(bytes);
}

void Relay::on_events(std::string_view bytes) {
  body_ += bytes;
  events_.feed(bytes, [this](const SseParser::Event& event) { judge_event(event); });
  if (phase_ == Phase::kHolding) {
    if (bad_) return attempt_failed(bad_why_);
    if (!first_good_) {
      if (body_.size() > kMaxHeld) attempt_failed("no event within a mebibyte");
      return;
    }
    begin_passing();
  }
  pass_on();
}

// Until the first good one every event is read; later ones only looked at.
void Relay::judge_event(const SseParser::Event& event) {
  if (first_good_) {
    done_seen_ = done_seen_ || event.data == "[DONE]";
    reason_seen_ = reason_seen_ || names_reason(event.data);
    if (!error_seen_ && find_in(event.data, "\"error\"") != std::string_view::npos)
      error_seen_ = classify_event(event.data) == EventKind::kError;
    return;
  }
  if (bad_) return;
  switch (event.too_large ? EventKind::kBroken : classify_event(event.data)) {
    case EventKind::kGood:
      first_good_ = true;
      reason_seen_ = names_reason(event.data);
      return;
    case EventKind::kError:
      bad_why_ = "its first event is an error";
      break;
    case EventKind::kDone:
      bad_why_ = "it ended without an answer";
      break;
    case EventKind::kBroken:
      bad_why_ = "its first event is broken";
      break;
  }
  bad_ = true;
}

void Relay::begin_passing() {
  phase_ = Phase::kPassing;
  settle_breaker(true);
  Headers headers = pawl_headers();
  for (const auto& [name, value] : headers_) {
    if (goes_downstream(headers_, name)) headers.add(name, value);
  }
  exchange_->begin(status_, std::move(headers));
}

// Whole events at once, so that a stream that breaks off ends between two of them.
void Relay::pass_on() {
  size_t ready = events_.whole() - passed_;
  if (body_.size() - std::min(body_.size(), ready) > kMaxUnfinished) ready = body_.size();
  ready = std::min(ready, body_.size());
  if (ready == 0) return;
  const std::string_view piece = std::string_view(body_).substr(0, ready);
  exchange_->write(piece);
  if (keeps_turn() && !too_long_) {
    too_long_ = kept_.size() + piece.size() > 4 * gateway_.options().max_answer_bytes;
    if (!too_long_) kept_ += piece;
  }
  passed_ += ready;
  body_.erase(0, ready);
  slow_down();
}

void Relay::slow_down() {
  if (paused_ || exchange_->unsent() <= kMaxUnsent || upstream_call_ == nullptr) return;
  paused_ = true;
  upstream_call_->pause();
  exchange_->on_sent([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->phase_ != Phase::kPassing) return;
    self->paused_ = false;
    self->last_bytes_ = std::chrono::steady_clock::now();
    if (self->upstream_call_ != nullptr) self->upstream_call_->resume();
  });
}

void Relay::on_end() {
  upstream_call_.reset();
  if (phase_ == Phase::kPassing) return end_passing();
  if (phase_ == Phase::kWhole) return judge_whole();
  attempt_failed("it ended without an answer");
}

void Relay::end_passing() {
  if (!done_seen_ && !error_seen_ && !reason_seen_) return break_off("it ended in the middle");
  if (!body_.empty()) exchange_->write(body_);
  exchange_->finish();
  if (!error_seen_) keep_turn();
  finish(status_, error_seen_ ? "error_passed_on" : "answered");
}

void Relay::judge_whole() {
  const bool readable = headers_.get("Content-Encoding").empty();
  const bool good = status_ / 100 != 2 || !readable || read_completion(body_, 0).complete;
  if (!good) return attempt_failed("its answer is none");
  settle_breaker(true);
  Response response;
  response.status = status_;
  response.headers = pawl_headers();
  for (const auto& [name, value] : headers_) {
    if (goes_downstream(headers_, name)) response.headers.add(name, value);
  }
  if (status_ / 100 == 2 && readable && body_.size() <= 4 * gateway_.options().max_answer_bytes) {
    kept_ = body_;
    keep_turn();
  }
  response.body = std::move(body_);
  const int status = status_;
  exchange_->respond(std::move(response));
  finish(status, status / 100 == 2 ? "answered" : "refused_by_upstream");
}

void Relay::settle_breaker(bool good) {
  if (!judging_) return;
  judging_ = false;
  if (good) {
    upstream_->breaker.succeeded();
    upstream_->succeeded.add();
  } else {
    upstream_->breaker.failed(std::chrono::steady_clock::now());
    upstream_->failed.add();
  }
}

void Relay::attempt_failed(const std::string& why, bool try_same) {
  if (phase_ == Phase::kOver) return;
  if (const auto call = std::exchange(upstream_call_, nullptr)) call->cancel();
  watch_.cancel();
  settle_breaker(false);
  gateway_.parts().log.write(
      LogLevel::kWarning, "upstream_failed",
      {{"request", call_.id}, {"upstream", upstream_->options.name}, {"reason", why}});
  if (!try_same) {
    for (size_t i = 0; i < tried_.size(); ++i) {
      if (gateway_.upstreams()[i].get() == upstream_) tried_[i] = gateway_.options().attempts;
    }
  }
  phase_ = Phase::kWaiting;
  // A short rest that an only upstream asked for is waited for, else the next one is asked.
  const Instant now = std::chrono::steady_clock::now();
  const double rest = seconds_between(now, upstream_->breaker.open_until());
  if (try_same && gateway_.upstreams().size() == 1 && rest > 0 && rest <= kShortRest &&
      retry_after_seconds(headers_) > 0 && upstream_->breaker.open_until() < deadline_ &&
      attempts_ < gateway_.options().attempts) {
    headers_ = {};
    backoff_ = gateway_.parts().loop.after(upstream_->breaker.open_until() - now,
                                           [self = shared_from_this()] { self->attempt(); });
    return;
  }
  headers_ = {};
  attempt();
}

// Something of the answer is at the client already: all that can be done is to say so.
void Relay::break_off(const std::string& why) {
  if (phase_ != Phase::kPassing) return;
  if (const auto call = std::exchange(upstream_call_, nullptr)) call->cancel();
  upstream_->failed.add();
  gateway_.parts().log.write(
      LogLevel::kWarning, "upstream_broke_off",
      {{"request", call_.id}, {"upstream", upstream_->options.name}, {"reason", why}});
  Json error = Json::object();
  error["message"] = "the upstream's answer broke off: " + why;
  error["type"] = "upstream_error";
  error["code"] = "upstream_broke_off";
  Json body = Json::object();
  body["error"] = std::move(error);
  exchange_->write("data: " + to_json(body) + "\n\n");
  exchange_->finish();
  finish(status_, "broke_off");
}

void Relay::answer_locally() {
  if (phase_ == Phase::kOver) return;
  watch_.cancel();
  if (!gateway_.options().local_fallback) {
    Response response = gateway_problem(503, "no upstream answers", "upstream_error");
    for (const auto& [name, value] : pawl_headers()) response.headers.add(name, value);
    exchange_->respond(std::move(response));
    return finish(503, "failed");
  }
  // Both handles end on the loop's thread: the task holds them only until it posts.
  auto task = [self = shared_from_this(), &gateway = gateway_, tenant = call_.caller.tenant,
               text = request_.user_text]() mutable {
    LocalAnswer answer = gateway.local().answer(tenant, text);
    gateway.parts().loop.post(
        [self = std::move(self), answer = std::move(answer)] { self->deliver_local(answer); });
  };
  if (gateway_.parts().workers.try_run(std::move(task))) return;
  deliver_local({"I cannot answer right now; please try again in a moment.", "rules", "", false});
}

void Relay::deliver_local(const LocalAnswer& answer) {
  if (phase_ == Phase::kOver) return;
  upstream_ = nullptr;
  const int64_t now = gateway_.parts().env.now_micros();
  Response response;
  response.headers = pawl_headers();
  response.headers.add("x-pawl-degraded", answer.degraded);
  response.headers.add("Cache-Control", "no-store");
  const std::string model = request_.model.empty() ? "pawl-local" : request_.model;
  if (request_.stream) {
    response.headers.add("Content-Type", "text/event-stream");
    response.body = stream_of(answer, turn_id_, model, now);
  } else {
    response.headers.add("Content-Type", "application/json");
    response.body = completion_of(answer, turn_id_, model, now);
  }
  exchange_->respond(std::move(response));
  finish(200, answer.degraded);
}

void Relay::client_gone() {
  if (phase_ == Phase::kOver) return;
  if (const auto call = std::exchange(upstream_call_, nullptr)) call->cancel();
  if (judging_ && upstream_ != nullptr) upstream_->breaker.abandoned();
  judging_ = false;
  exchange_->abort();
  finish(499, "client_gone");
}

bool Relay::keeps_turn() const {
  return gateway_.options().capture && !request_.user_text.empty() &&
         request_.consent.value_or(false);
}

void Relay::keep_turn() {
  if (!keeps_turn() || too_long_) return;
  SeenTurn seen;
  seen.tenant = call_.caller.tenant;
  seen.turn.turn_id = turn_id_;
  seen.turn.conversation_id = request_.conversation;
  seen.turn.user_id = request_.user;
  seen.turn.user_text = request_.user_text;
  seen.turn.consent = request_.consent;
  seen.answer = std::move(kept_);
  seen.streamed = phase_ == Phase::kPassing;
  gateway_.capture().add(std::move(seen));
}

Headers Relay::pawl_headers() const {
  Headers headers;
  headers.add("X-Request-Id", call_.id);
  if (keeps_turn() && upstream_ != nullptr) {
    headers.add("x-pawl-turn", turn_id_);
    headers.add("x-pawl-feedback-token", gateway_.tokens().make(call_.caller.tenant, turn_id_));
  }
  const std::string generation = gateway_.generation_of(call_.caller.tenant);
  if (!generation.empty()) headers.add("x-pawl-generation", generation);
  if (upstream_ != nullptr) headers.add("x-pawl-upstream", upstream_->options.name);
  headers.add("x-pawl-attempts", std::to_string(attempts_));
  return headers;
}

void Relay::finish(int status, const std::string& outcome) {
  phase_ = Phase::kOver;
  watch_.cancel();
  backoff_.cancel();
  upstream_call_.reset();
  gateway_.count(outcome);
  gateway_.door().done(call_, status);
}

// One timer for all three limits: it looks when it rings whether one is over.
void Relay::watch() {
  if (phase_ == Phase::kOver || upstream_ == nullptr) return;
  const bool first = phase_ != Phase::kPassing;
  const Instant limit = first ? attempt_began_ + upstream_->options.first_event
                              : last_bytes_ + upstream_->options.idle;
  const Instant now = std::chrono::steady_clock::now();
  const Duration wait =
      std::max<Duration>(std::min(limit, deadline_) - now, std::chrono::milliseconds(1));
  watch_ = gateway_.parts().loop.after(wait, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_watch();
  });
}

void Relay::on_watch() {
  const Instant now = std::chrono::steady_clock::now();
  if (phase_ == Phase::kPassing) {
    if (now >= deadline_) return break_off("it took longer than gateway.total_seconds");
    if (!paused_ && now >= last_bytes_ + upstream_->options.idle)
      return break_off("it fell silent");
    return watch();
  }
  if (now >= deadline_ || now >= attempt_began_ + upstream_->options.first_event)
    return attempt_failed("no answer in time");
  watch();
}

}  // namespace pawl::http

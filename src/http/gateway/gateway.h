// The OpenAI-compatible gateway: chat completions through a chain of upstreams, bytes unchanged.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/door/door.h"
#include "http/gateway/capture.h"
#include "http/gateway/chat_request.h"
#include "http/gateway/feedback_token.h"
#include "http/gateway/local_answer.h"
#include "http/gateway/upstream.h"

namespace pawl::http {

struct GatewayOptions {
  Duration total;  // of an answer, all attempts together
  int attempts = 3;
  double retry_share = 0.1;
  BreakerOptions breaker;
  bool local_fallback = true;
  bool capture = true;
  bool memory_answers = true;
  bool enhance = false;                  // tell upstreams what is understood of a question
  size_t max_answer_bytes = 256 * 1024;  // kept of a turn
  size_t max_waiting_turns = 10000;
  Duration stop_within = std::chrono::seconds(30);  // for turns that wait
  size_t max_body = 16 << 20;
};

// Throws Error(kInvalidInput) naming the key.
GatewayOptions gateway_options(const Settings& settings);

struct GatewayParts {
  Env& env;
  Loop& loop;
  Workers& workers;
  service::Engine& engine;
  Metrics& metrics;
  EventLog& log;
};

// Loop thread, unless said otherwise. The references must outlive it.
class Gateway {
 public:
  Gateway(GatewayParts parts, GatewayOptions options, std::vector<UpstreamOptions> upstreams);
  ~Gateway();

  void add_routes(RouteTable& table);
  // Once the door that was made of the table stands, before the first request.
  void open(Door& door);
  Capture& capture() { return capture_; }                   // any thread
  const FeedbackTokens& tokens() const { return tokens_; }  // any thread
  const LocalAnswers& local() const { return local_; }      // any thread
  std::vector<std::string> models() const;

  // --- for a request under way
  const GatewayParts& parts() const { return parts_; }
  const GatewayOptions& options() const { return options_; }
  std::vector<std::unique_ptr<Upstream>>& upstreams() { return upstreams_; }
  RetryBudget& budget() { return budget_; }
  Door& door() { return *door_; }
  void count(const std::string& outcome);
  // The live generation as last seen; asked for off the loop, never waited for.
  std::string generation_of(const std::string& tenant);

 private:
  void chat(std::shared_ptr<Exchange> exchange, Call call);
  void begin_chat(std::shared_ptr<Exchange> exchange, Call call, ChatRequest request);
  void relay(std::shared_ptr<Exchange> exchange, Call call, ChatRequest request);
  // The same request, with what is understood of it before its messages.
  void enhance(std::shared_ptr<Exchange> exchange, Call call, ChatRequest request);
  Response list_models() const;
  Response embed(Call& call) const;

  GatewayParts parts_;
  GatewayOptions options_;
  std::vector<std::unique_ptr<Upstream>> upstreams_;
  RetryBudget budget_;
  FeedbackTokens tokens_;
  LocalAnswers local_;
  Capture capture_;
  Door* door_ = nullptr;
  std::map<std::string, std::pair<std::string, Instant>> generations_;
  bool default_consent_ = false;  // as of the last look at the generations
};

// An error in OpenAI's shape within a problem document.
Response gateway_problem(int status, std::string_view message, std::string_view type);

}  // namespace pawl::http

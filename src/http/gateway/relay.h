// One chat completion on its way: attempt after attempt until the first good event, from then on
// nothing but passing on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/gateway/gateway.h"
#include "http/gateway/sse.h"

namespace pawl::http {

class Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(Gateway& gateway, std::shared_ptr<Exchange> exchange, Call call, ChatRequest request);
  void start();

 private:
  // Of the attempt under way.
  enum class Phase { kWaiting, kHolding, kWhole, kPassing, kOver };

  Upstream* choose();
  void attempt();
  void send(Upstream& upstream);
  void on_head(int status, const Headers& headers);
  void on_data(std::string_view bytes);
  void on_end();
  void on_events(std::string_view bytes);
  void judge_event(const SseParser::Event& event);
  void judge_whole();
  void pass_on();
  void begin_passing();
  void end_passing();
  void attempt_failed(const std::string& why, bool try_same = true);
  void break_off(const std::string& why);
  void answer_locally();
  void deliver_local(const LocalAnswer& answer);
  void client_gone();
  void finish(int status, const std::string& outcome);
  void keep_turn();
  void watch();
  void on_watch();
  void slow_down();
  bool keeps_turn() const;
  Headers pawl_headers() const;
  Headers upstream_headers(const Upstream& upstream) const;
  void settle_breaker(bool good);

  Gateway& gateway_;
  std::shared_ptr<Exchange> exchange_;
  Call call_;
  ChatRequest request_;
  std::string turn_id_;
  std::vector<int> tried_;  // by upstream, how often
  int attempts_ = 0;
  Upstream* upstream_ = nullptr;
  std::shared_ptr<ClientCall> upstream_call_;
  Phase phase_ = Phase::kWaiting;
  bool judging_ = false;
  int status_ = 0;
  Headers headers_;
  SseParser events_;
  bool first_good_ = false, bad_ = false, done_seen_ = false, reason_seen_ = false,
       error_seen_ = false;
  bool paused_ = false, too_long_ = false;
  std::string bad_why_;
  std::string body_;   // held back: the whole answer, or what no blank line has ended yet
  size_t passed_ = 0;  // bytes of the stream that went on
  std::string kept_;   // for learning
  Instant deadline_, attempt_began_, last_bytes_;
  Loop::Timer watch_, backoff_;
};

}  // namespace pawl::http

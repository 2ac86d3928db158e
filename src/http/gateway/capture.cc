#include "http/gateway/capture.h"

#include <algorithm>
#include <set>

#include "http/gateway/answer.h"
#include "http/ops/thread_class.h"

namespace pawl::http {
namespace {

constexpr size_t kGroup = 256;
constexpr auto kGather = std::chrono::milliseconds(10);
constexpr int kNice = 10;  // who waits for an answer comes first
constexpr const char* kCounter = "pawl_gateway_turns_total";
constexpr const char* kHelp = "Turns seen by the gateway, by what became of them.";

}  // namespace

Capture::Capture(service::Engine& engine, Metrics& metrics, EventLog& log, size_t max_waiting,
                 size_t max_text)
    : engine_(engine),
      log_(log),
      max_waiting_(max_waiting),
      max_text_(max_text),
      stored_(metrics.counter(kCounter, kHelp, {{"outcome", "handed_on"}})),
      dropped_(metrics.counter(kCounter, kHelp, {{"outcome", "dropped"}})),
      refused_(metrics.counter(kCounter, kHelp, {{"outcome", "refused"}})),
      incomplete_(metrics.counter(kCounter, kHelp, {{"outcome", "incomplete"}})),
      thread_([this] { work(); }) {}

Capture::~Capture() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Capture::add(SeenTurn turn) {
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= max_waiting_) return dropped_.add();
    waiting_.push_back(std::move(turn));
    ++added_;
    wake = waiting_.size() == 1 || waiting_.size() == kGroup;
  }
  if (wake) wake_.notify_one();
}

void Capture::settle() {
  std::unique_lock lock(mutex_);
  const uint64_t target = added_;
  if (done_ >= target) return;
  ++settling_;
  wake_.notify_one();
  settled_.wait(lock, [&] { return done_ >= target; });
  --settling_;
}

void Capture::work() {
  calm_this_thread("pawl-capture", kNice);
  for (;;) {
    std::deque<SeenTurn> group;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      // Many together cost little more than one, and the loop need not wake anybody meanwhile.
      wake_.wait_for(lock, kGather,
                     [this] { return stopping_ || settling_ > 0 || waiting_.size() >= kGroup; });
      while (!waiting_.empty() && group.size() < kGroup) {
        group.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
    }
    const size_t size = group.size();
    store(std::move(group));
    {
      const std::scoped_lock lock(mutex_);
      done_ += size;
    }
    settled_.notify_all();
  }
}

void Capture::store(std::deque<SeenTurn> group) {
  std::set<std::string> tenants;
  for (const SeenTurn& seen : group) tenants.insert(seen.tenant);
  for (const std::string& tenant : tenants) {
    try {
      store_of(tenant, group);
    } catch (const std::exception& error) {
      dropped_.add();
      log_.write(LogLevel::kError, "turns_not_stored",
                 {{"tenant", tenant}, {"reason", error.what()}});
    }
  }
}

void Capture::store_of(const std::string& tenant, std::deque<SeenTurn>& group) {
  const auto stream = engine_.tenant(tenant).collect_stream();
  uint64_t number = 0;
  for (SeenTurn& seen : group) {
    if (seen.tenant != tenant) continue;
    const AssistantAnswer answer = seen.streamed ? read_stream(seen.answer, max_text_)
                                                 : read_completion(seen.answer, max_text_);
    if (!answer.complete || answer.finish_reason == "content_filter") {
      incomplete_.add();
      continue;
    }
    seen.turn.assistant_response = answer.text;
    stream->add_turn(++number, std::move(seen.turn));
  }
  stream->flush();
  stored_.add(stream->summary().accepted);
  refused_.add(stream->summary().rejected);
}

}  // namespace pawl::http

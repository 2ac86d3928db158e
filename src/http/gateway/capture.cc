#include "http/gateway/capture.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/thread_class.h"
#include "http/gateway/answer.h"

namespace pawl::http {
namespace {

constexpr size_t kGroup = 64;
constexpr auto kGather = std::chrono::milliseconds(10);
// Who waits for an answer comes first: beside a loop that is never idle a thread has its share in
// turns of a whole tick (4 ms, most often), which all streams wait for.
constexpr int kNice = 19;
constexpr int kNicePiledUp = 10;
constexpr size_t kPiledUp = 4;  // so many parts of what may wait
constexpr const char* kCounter = "pawl_gateway_turns_total";
constexpr const char* kHelp = "Turns seen by the gateway, by what became of them.";

TurnsOf place_of(const SeenTurn& seen) {
  return {seen.tenant, seen.turn.turn_id, seen.turn.conversation_id, seen.turn.user_id};
}

bool names_one(std::span<const TurnsOf> about, const TurnsOf& place) {
  const auto same = [](const std::string& wanted, const std::string& is) {
    return !wanted.empty() && wanted == is;
  };
  return std::any_of(about.begin(), about.end(), [&](const TurnsOf& one) {
    return one.tenant == place.tenant &&
           (same(one.turn_id, place.turn_id) || same(one.conversation_id, place.conversation_id) ||
            same(one.user_id, place.user_id));
  });
}

}  // namespace

Capture::Capture(service::Engine& engine, Metrics& metrics, EventLog& log, CaptureOptions options)
    : engine_(engine),
      log_(log),
      options_(options),
      stored_(metrics.counter(kCounter, kHelp, {{"outcome", "handed_on"}})),
      dropped_(metrics.counter(kCounter, kHelp, {{"outcome", "dropped"}})),
      refused_(metrics.counter(kCounter, kHelp, {{"outcome", "refused"}})),
      incomplete_(metrics.counter(kCounter, kHelp, {{"outcome", "incomplete"}})),
      thread_([this] { work(); }),
      second_([this] { work_off_piles(); }) {}

Capture::~Capture() {
  {
    std::unique_lock lock(mutex_);
    stop_at_ = std::chrono::steady_clock::now() + options_.stop_within;
    wake_.notify_all();
    piled_up_.notify_all();
    // Nobody waits for answers any more: this thread helps the one that let everybody pass.
    for (Group group = take_next(); !group.empty(); group = take_next())
      store_marked(std::move(group), lock);
  }
  thread_.join();
  second_.join();
  if (waiting_.empty()) return;
  dropped_.add(waiting_.size());
  log_.write(LogLevel::kWarning, "turns_dropped",
             {{"count", static_cast<int64_t>(waiting_.size())}, {"reason", "no time was left"}});
}

void Capture::add(SeenTurn turn) {
  bool wake = false, piled = false;
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= options_.max_waiting) return dropped_.add();
    waiting_.push_back(std::move(turn));
    wake = waiting_.size() == 1 || waiting_.size() == kGroup;
    piled = piled_up();
  }
  if (wake) wake_.notify_one();
  if (piled) piled_up_.notify_one();
}

void Capture::settle(std::span<const TurnsOf> about) {
  std::unique_lock lock(mutex_);
  if (Group group = take_those_of(about); !group.empty()) store_marked(std::move(group), lock);
  settled_.wait(lock, [&] {
    return std::none_of(under_way_.begin(), under_way_.end(), [&](const auto& places) {
      return std::any_of(places.begin(), places.end(),
                         [&](const TurnsOf& place) { return names_one(about, place); });
    });
  });
}

// With the mutex held. Whole conversations: what was said before is stored before.
Capture::Group Capture::take_those_of(std::span<const TurnsOf> about) {
  std::set<std::pair<std::string, std::string>> conversations;
  for (const SeenTurn& seen : waiting_) {
    if (names_one(about, place_of(seen)))
      conversations.emplace(seen.tenant, seen.turn.conversation_id);
  }
  Group taken;
  if (conversations.empty()) return taken;
  const auto rest = std::stable_partition(waiting_.begin(), waiting_.end(), [&](const auto& seen) {
    return conversations.contains({seen.tenant, seen.turn.conversation_id});
  });
  taken.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(rest));
  waiting_.erase(waiting_.begin(), rest);
  return taken;
}

// With the mutex held; empty when nothing waits, or no time is left for it.
Capture::Group Capture::take_next() {
  Group group;
  if (stop_at_ && std::chrono::steady_clock::now() >= *stop_at_) return group;
  while (!waiting_.empty() && group.size() < kGroup) {
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return group;
}

void Capture::work() {
  calm_this_thread("pawl-capture", kNice);
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock,
               [this] { return stop_at_ || (!storing_ && !waiting_.empty() && !piled_up()); });
    // Many together cost little more than one, and the loop need not wake anybody meanwhile.
    wake_.wait_for(lock, kGather, [this] { return stop_at_ || waiting_.size() >= kGroup; });
    if (!stop_at_ && (storing_ || piled_up())) continue;
    if (!store_next(lock) && stop_at_) return;
  }
}

void Capture::work_off_piles() {
  calm_this_thread("pawl-capture-2", kNicePiledUp);
  std::unique_lock lock(mutex_);
  for (;;) {
    piled_up_.wait(lock, [this] { return stop_at_ || (!storing_ && piled_up()); });
    if (stop_at_) return;
    store_next(lock);
  }
}

// With the mutex held.
bool Capture::piled_up() const {
  return waiting_.size() > options_.max_waiting / kPiledUp;
}

// The oldest that wait, by one of the two threads at a time, so that what was said before is stored
// before. False when there is nothing, or no time left.
bool Capture::store_next(std::unique_lock<std::mutex>& lock) {
  Group group = take_next();
  if (group.empty()) return false;
  storing_ = true;
  store_marked(std::move(group), lock);
  storing_ = false;
  (piled_up() ? piled_up_ : wake_).notify_one();
  return true;
}

// Leaves the mutex meanwhile; settle() finds the group's turns in under_way_.
void Capture::store_marked(Group group, std::unique_lock<std::mutex>& lock) {
  Places& places = under_way_.emplace_front();
  const auto mine = under_way_.begin();
  for (const SeenTurn& seen : group) places.push_back(place_of(seen));
  lock.unlock();
  store(std::move(group));
  lock.lock();
  under_way_.erase(mine);
  settled_.notify_all();
}

void Capture::store(Group group) {
  std::set<std::string> tenants;
  for (const SeenTurn& seen : group) tenants.insert(seen.tenant);
  for (const std::string& tenant : tenants) {
    try {
      store_of(tenant, group);
    } catch (const std::exception& error) {
      dropped_.add(static_cast<uint64_t>(
          std::count_if(group.begin(), group.end(),
                        [&tenant](const SeenTurn& seen) { return seen.tenant == tenant; })));
      log_.write(LogLevel::kError, "turns_not_stored",
                 {{"tenant", tenant}, {"reason", error.what()}});
    }
  }
}

void Capture::store_of(const std::string& tenant, Group& group) {
  const auto stream = engine_.tenant(tenant).collect_stream();
  uint64_t number = 0;
  for (SeenTurn& seen : group) {
    if (seen.tenant != tenant) continue;
    const AssistantAnswer answer = seen.streamed ? read_stream(seen.answer, options_.max_text)
                                                 : read_completion(seen.answer, options_.max_text);
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

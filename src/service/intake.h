// Single turns of many threads, stored in groups: one transaction, and one wait for the disk, for
// all that arrived while the last one was written.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "service/answer.h"
#include "service/collect.h"

namespace pawl::service {

// Of one tenant. Safe for any number of threads.
class Intake {
 public:
  using Said = std::variant<learn::TurnInput, learn::FeedbackInput>;

  Intake(Engine& engine, std::string tenant) : engine_(engine), tenant_(std::move(tenant)) {}

  // Durable when it returns. Throws Error(kInvalidInput) when it was refused.
  Answer<CollectedTurn> add(Said said);
  // Now and then, of those that were added.
  bool is_time_to_watch() { return ++added_ % kWatchEvery == 0; }

 private:
  static constexpr size_t kWatchEvery = 25;
  struct Waiting;
  void store(const std::vector<Waiting*>& group);

  Engine& engine_;
  std::string tenant_;
  std::mutex mutex_;
  std::condition_variable stored_;
  std::vector<Waiting*> queue_;
  bool storing_ = false;
  std::atomic<size_t> added_{0};
};

}  // namespace pawl::service

// Calls of the services that a program brings, each in a thread of its own: one that takes longer
// than the limit is left behind. What goes wrong in them is counted and never ends the caller.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "pawl/learner.h"

namespace pawl::v1 {

class ServiceCalls {
 public:
  // Seconds. Throws Error(kInvalidInput) for no positive number of at most a day.
  explicit ServiceCalls(double limit);

  // Of the program's analyzer; empty when it failed, and `problem` says how.
  std::optional<Analysis> analyze(const std::shared_ptr<Analyzer>& analyzer,
                                  const std::string& text, std::string& problem);
  // False when the memory did not take it, and `problem` says why.
  bool store(const std::shared_ptr<MemoryService>& service, Memory memory, std::string& problem);

  ServiceFailures failures() const;

 private:
  template <typename Result>
  Result within_limit(std::function<Result()> call);
  void count(std::uint64_t ServiceFailures::*which, std::string ServiceFailures::*last,
             const std::string& problem);

  std::chrono::duration<double> limit_;
  std::shared_ptr<std::atomic<int>> under_way_ = std::make_shared<std::atomic<int>>(0);
  mutable std::mutex mutex_;  // of failures_
  ServiceFailures failures_;
};

}  // namespace pawl::v1

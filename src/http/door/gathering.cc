#include "http/door/gathering.h"

#include <algorithm>

namespace pawl::http {

void Gathering::add(GatheredCall call) {
  const std::scoped_lock lock(mutex_);
  waiting_.push_back(std::move(call));
}

std::vector<GatheredCall> Gathering::take() {
  const std::scoped_lock lock(mutex_);
  const size_t share = std::min(kMost, (waiting_.size() + threads_ - 1) / threads_);
  std::vector<GatheredCall> taken;
  for (size_t i = 0; i < share; ++i) {
    taken.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return taken;
}

bool Gathering::take_back(const Call& call) {
  const std::scoped_lock lock(mutex_);
  return std::erase_if(waiting_, [&](const auto& one) { return one.call.get() == &call; }) > 0;
}

}  // namespace pawl::http

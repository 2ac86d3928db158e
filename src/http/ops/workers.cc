#include "http/ops/workers.h"

#include "base/thread_class.h"

namespace pawl::http {

Workers::Workers(size_t threads, size_t max_waiting)
    : max_waiting_(max_waiting), most_long_(threads > 1 ? threads - 1 : 1) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

void Workers::finish() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool Workers::try_run(std::function<void()> task, Length length) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_ || tasks_.size() + long_tasks_.size() >= max_waiting_) return false;
    (length == Length::kLong ? long_tasks_ : tasks_).push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

size_t Workers::waiting() const {
  const std::scoped_lock lock(mutex_);
  return tasks_.size() + long_tasks_.size();
}

bool Workers::may_begin_long() const {
  return !long_tasks_.empty() && long_running_ < most_long_;
}

// Long ones come first where they may begin: else short ones could keep them waiting for ever.
std::function<void()> Workers::next(Length& length) {
  length = may_begin_long() ? Length::kLong : Length::kShort;
  auto& queue = length == Length::kLong ? long_tasks_ : tasks_;
  if (queue.empty()) return {};
  std::function<void()> task = std::move(queue.front());
  queue.pop_front();
  long_running_ += length == Length::kLong;
  return task;
}

void Workers::work() {
  hurry_this_thread("pawl-worker");
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty() || may_begin_long(); });
    Length length;
    std::function<void()> task = next(length);
    if (!task) {
      // What waits still is long; whoever is busy with such a task does it afterwards.
      if (stopping_) return;
      continue;
    }
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
    long_running_ -= length == Length::kLong;
  }
}

}  // namespace pawl::http

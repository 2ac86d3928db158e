// Calls to one route that wait for a thread, for whoever does several at once for less than each by
// itself.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "http/door/route.h"

namespace pawl::http {

struct GatheredCall {
  std::shared_ptr<Call> call;
  std::shared_ptr<Exchange> exchange;
};

// Nobody waits in order to be many: who is alone is taken at once, and as long as all threads are
// busy calls gather by themselves. Safe for threads.
class Gathering {
 public:
  // Beyond so many the first would wait for the last, and hardly anything is saved.
  static constexpr size_t kMost = 16;

  explicit Gathering(size_t threads) : threads_(threads) {}

  void add(GatheredCall call);
  // A fair share of what waits, oldest first: what is there is spread over the threads. Empty when
  // others took it all.
  std::vector<GatheredCall> take();
  // False when somebody has taken it already.
  bool take_back(const Call& call);

 private:
  const size_t threads_;
  std::mutex mutex_;
  std::deque<GatheredCall> waiting_;
};

}  // namespace pawl::http

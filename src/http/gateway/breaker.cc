#include "http/gateway/breaker.h"

#include <algorithm>

namespace pawl::http {

bool Breaker::admits(Instant now) {
  if (probing_ || now < open_until_) return false;
  if (failures_ >= options_.failures) probing_ = true;
  return true;
}

void Breaker::succeeded() {
  failures_ = rests_ = 0;
  failing_ = false;
  probing_ = false;
  open_until_ = Instant::min();
}

void Breaker::failed(Instant now) {
  probing_ = false;
  if (++failures_ < options_.failures) return;
  open_until_ = std::max(open_until_, now + options_.rest * (1 << std::min(rests_, 4)));
  ++rests_;
  failing_ = true;
}

void Breaker::rest_until(Instant until) {
  open_until_ = std::max(open_until_, until);
}

}  // namespace pawl::http

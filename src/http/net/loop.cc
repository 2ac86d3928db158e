#include "http/net/loop.h"

#include "http/net/asio.h"

namespace pawl::http {

struct Loop::Timer::Pending {
  explicit Pending(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
  std::function<void()> call;
};

Loop::Timer& Loop::Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    pending_ = std::move(other.pending_);
  }
  return *this;
}

void Loop::Timer::cancel() {
  if (pending_ == nullptr) return;
  pending_->call = nullptr;
  pending_->timer.cancel();
  pending_.reset();
}

Loop::Loop() : impl_(std::make_unique<Impl>()) {}

Loop::~Loop() = default;

void Loop::run() {
  const auto work = asio::make_work_guard(impl_->context);
  impl_->context.run();
}

void Loop::stop() {
  impl_->context.stop();
}

void Loop::post(std::function<void()> call) {
  asio::post(impl_->context, std::move(call));
}

Loop::Timer Loop::after(Duration delay, std::function<void()> call) {
  Timer timer;
  timer.pending_ = std::make_shared<Timer::Pending>(impl_->context);
  timer.pending_->call = std::move(call);
  timer.pending_->timer.expires_after(delay);
  timer.pending_->timer.async_wait([pending = timer.pending_](const error_code& error) {
    if (error || !pending->call) return;
    const auto due = std::move(pending->call);
    due();
  });
  return timer;
}

namespace {

void wait_for_signal(Loop::Impl& impl) {
  impl.signals->async_wait([&impl](const error_code& error, int signal) {
    if (error) return;
    impl.on_signal(signal);
    wait_for_signal(impl);
  });
}

}  // namespace

void Loop::on_signals(std::initializer_list<int> signals, std::function<void(int)> call) {
  impl_->signals.emplace(impl_->context);
  for (const int signal : signals) impl_->signals->add(signal);
  impl_->on_signal = std::move(call);
  wait_for_signal(*impl_);
}

}  // namespace pawl::http

#include "cli/console.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "cli/verb.h"

namespace pawl::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

// A byte in here wakes whoever waits: a flag alone could be set just before the waiting begins.
std::array<int, 2> wake_pipe = {-1, -1};

void on_signal(int signal) {
  const int code = errno;
  interrupted = 1;
  std::signal(signal, SIG_DFL);
  [[maybe_unused]] const ssize_t written = ::write(wake_pipe[1], "", 1);
  errno = code;
}

constexpr auto kBarInterval = std::chrono::milliseconds(100);
constexpr auto kLineInterval = std::chrono::seconds(5);
constexpr int kBarWidth = 30;

}  // namespace

void catch_interrupts() {
  if (::pipe2(wake_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) wake_pipe = {-1, -1};
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupt_requested() {
  return interrupted != 0;
}

bool wait_for_input(int descriptor) {
  // poll() passes over descriptors below zero.
  std::array<pollfd, 2> waiting = {{{descriptor, POLLIN, 0}, {wake_pipe[0], POLLIN, 0}}};
  while (interrupted == 0) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return true;  // reading tells what is wrong
    }
    if (waiting[0].revents != 0) return interrupted == 0;
  }
  return false;
}

ConsoleProgress::ConsoleProgress() : terminal_(isatty(STDERR_FILENO) != 0) {}

ConsoleProgress::~ConsoleProgress() {
  if (open_) clear_line();
}

void ConsoleProgress::clear_line() {
  if (terminal_) std::fputs("\r\033[K", stderr);
}

void ConsoleProgress::begin(std::string_view stage, uint64_t total) {
  stage_ = stage;
  total_ = total;
  done_ = 0;
  open_ = true;
  started_ = drawn_ = std::chrono::steady_clock::now();
  if (terminal_) draw(false);
}

void ConsoleProgress::advance(uint64_t steps) {
  done_ += steps;
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ <
      (terminal_ ? std::chrono::steady_clock::duration(kBarInterval) : kLineInterval))
    return;
  drawn_ = now;
  draw(false);
}

void ConsoleProgress::draw(bool last) {
  const double share = total_ > 0 ? static_cast<double>(done_) / static_cast<double>(total_) : 0.0;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  if (total_ == 0) {  // nobody knows how much there is
    std::fprintf(stderr, terminal_ ? "\r\033[K%-22s %llu  %.1f s" : "pawl: %s: %llu, %.1f s\n",
                 stage_.c_str(), static_cast<unsigned long long>(done_), seconds);
    std::fflush(stderr);
    return;
  }
  if (!terminal_) {
    std::fprintf(stderr, "pawl: %s: %llu/%llu, %.1f s%s\n", stage_.c_str(),
                 static_cast<unsigned long long>(done_), static_cast<unsigned long long>(total_),
                 seconds, last ? ", done" : "");
    return;
  }
  const int filled = static_cast<int>(share * kBarWidth + 0.5);
  std::fprintf(stderr, "\r\033[K%-22s [%.*s%*s] %3.0f %%  %.1f s", stage_.c_str(),
               filled > kBarWidth ? kBarWidth : filled, "##############################",
               kBarWidth - (filled > kBarWidth ? kBarWidth : filled), "", 100 * share, seconds);
  std::fflush(stderr);
}

void ConsoleProgress::note(std::string_view text) {
  clear_line();
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

void ConsoleProgress::end() {
  if (!open_) return;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  clear_line();
  if (terminal_ || seconds > 1)
    std::fprintf(stderr, "%s%s: %.1f s\n", terminal_ ? "" : "pawl: ", stage_.c_str(), seconds);
  open_ = false;
}

bool ConsoleProgress::stop_requested() const {
  return interrupt_requested();
}

void Context::warn(const std::string& text) const {
  std::fprintf(stderr, "pawl: warning: %s\n", text.c_str());
}

void Context::warn_all(const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    if (warned.insert(text).second) warn(text);
  }
}

}  // namespace pawl::cli

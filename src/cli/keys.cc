#include "cli/keys.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include "cli/console.h"

namespace pawl::cli {
namespace {

constexpr unsigned char kEscape = 27, kBackspace = 127, kControlC = 3, kControlD = 4, kControlH = 8;

size_t length_of(unsigned char lead) {
  if (lead >= 0xF0) return 4;
  if (lead >= 0xE0) return 3;
  return lead >= 0xC0 ? 2 : 1;
}

void show(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

// Without its last character.
void shorten(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

}  // namespace

bool has_terminal() {
  return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
}

struct KeyInput::Saved {
  termios settings;
};

KeyInput::KeyInput() : saved_(std::make_unique<Saved>()) {
  tcgetattr(STDIN_FILENO, &saved_->settings);
  termios raw = saved_->settings;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

KeyInput::~KeyInput() {
  tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_->settings);
}

bool KeyInput::waits() const {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return poll(&input, 1, 20) > 0;
}

std::optional<unsigned char> KeyInput::byte() {
  unsigned char c = 0;
  if (!wait_for_input(STDIN_FILENO) || read(STDIN_FILENO, &c, 1) != 1) return std::nullopt;
  return c;
}

std::optional<std::string> KeyInput::key() {
  const auto first = byte();
  if (!first || *first == kControlC || *first == kControlD) return std::nullopt;
  if (*first == kEscape) {
    bool more = false;
    while (waits() && byte()) more = true;
    return more ? "" : std::string(1, static_cast<char>(kEscape));
  }
  std::string key(1, static_cast<char>(*first));
  while (key.size() < length_of(*first)) {
    const auto next = byte();
    if (!next) return std::nullopt;
    key += static_cast<char>(*next);
  }
  return key;
}

std::optional<std::string> KeyInput::line(const std::string& prompt) {
  std::string typed;
  show(prompt);
  for (;;) {
    const auto pressed = key();
    if (!pressed || *pressed == std::string(1, static_cast<char>(kEscape))) {
      show("\n");
      return std::nullopt;
    }
    if (pressed->empty()) continue;
    const auto first = static_cast<unsigned char>(pressed->front());
    if (first == '\n' || first == '\r') break;
    if (first == kBackspace || first == kControlH)
      shorten(typed);
    else if (first >= 0x20)
      typed += *pressed;
    show("\r\x1b[K" + prompt + typed);
  }
  show("\n");
  return typed;
}

}  // namespace pawl::cli

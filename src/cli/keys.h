// Single keys from a terminal.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace pawl::cli {

// Standard input and output are a terminal.
bool has_terminal();

// While it lives, keys arrive at once and are not shown; afterwards the terminal is as before.
class KeyInput {
 public:
  KeyInput();
  ~KeyInput();
  KeyInput(const KeyInput&) = delete;
  KeyInput& operator=(const KeyInput&) = delete;

  // One key, as UTF-8; nothing at the end of input, after Ctrl-C, Ctrl-D and once the work was
  // asked to stop. Keys of several bytes (arrows) are "".
  std::optional<std::string> key();
  // A line that is shown while it is typed; nothing when it was broken off with Escape.
  std::optional<std::string> line(const std::string& prompt);

 private:
  std::optional<unsigned char> byte();
  bool waits() const;  // more bytes are there

  struct Saved;
  std::unique_ptr<Saved> saved_;
};

}  // namespace pawl::cli

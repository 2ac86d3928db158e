// Progress on standard error: a bar when it is a terminal, a line now and then when it is not.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/progress.h"

namespace pawl::cli {

class ConsoleProgress : public Progress {
 public:
  ConsoleProgress();
  ~ConsoleProgress() override;

  void begin(std::string_view stage, uint64_t total) override;
  void advance(uint64_t steps) override;
  void note(std::string_view text) override;
  void end() override;
  bool stop_requested() const override;

 private:
  void draw(bool last);
  void clear_line();

  bool terminal_;
  bool open_ = false;
  std::string stage_;
  uint64_t total_ = 0, done_ = 0;
  std::chrono::steady_clock::time_point started_, drawn_;
};

// From now on the first SIGINT or SIGTERM asks the work to stop, the second one ends the process.
void catch_interrupts();
bool interrupt_requested();
// Waits until a descriptor can be read; false once the work was asked to stop.
bool wait_for_input(int descriptor);

}  // namespace pawl::cli

// How long work tells of itself and is asked to stop. The library never prints: the program draws.
#pragma once

#include <cstdint>
#include <string_view>

namespace pawl {

// Called by the thread that does the work; functions that throw end the work.
class Progress {
 public:
  virtual ~Progress() = default;
  // A named stage begins; `total` steps, 0 when unknown.
  virtual void begin(std::string_view /*stage*/, std::uint64_t /*total*/) {}
  virtual void advance(std::uint64_t /*steps*/ = 1) {}
  // A remark worth a line of its own, for instance an epoch's loss and score.
  virtual void note(std::string_view /*text*/) {}
  virtual void end() {}
  // Asked between steps; the work then throws Error(kInterrupted) and leaves nothing half done.
  virtual bool stop_requested() const { return false; }

  // Says nothing and never stops.
  static Progress& silent() {
    static Progress progress;
    return progress;
  }
};

}  // namespace pawl

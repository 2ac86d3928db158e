// How long work tells of itself and is asked to stop. The library never prints: the edge draws.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace pawl {

class Progress {
 public:
  virtual ~Progress() = default;
  // A named stage begins; `total` steps, 0 when unknown.
  virtual void begin(std::string_view /*stage*/, uint64_t /*total*/) {}
  virtual void advance(uint64_t /*steps*/ = 1) {}
  // A remark worth a line of its own, for instance an epoch's loss and score.
  virtual void note(std::string_view /*text*/) {}
  virtual void end() {}
  // Asked between steps; the work then throws Error(kInterrupted) and leaves nothing half done.
  virtual bool stop_requested() const { return false; }

  static Progress& silent();
};

}  // namespace pawl

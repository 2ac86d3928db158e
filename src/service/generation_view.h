// The generations of a tenant as a person or a program looks at them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace pawl::service {

// How far its deployment is.
struct RolloutView {
  std::string phase;     // "shadow", "baking", "settled", "rolled_back", "replaced"; empty: none
  std::string note;      // one sentence
  std::string baseline;  // what it is compared with, and goes back to
  std::optional<int64_t> since;             // of the phase; microseconds since 1970
  std::string shadow = "{}", live = "{}";  // JSON: figures of both
};

struct GenerationView {
  std::string generation, parent, cycle, state, kind, reason, backup;
  int64_t created_at = 0;             // microseconds since 1970
  std::optional<int64_t> live_since;  // of its latest time as the live one
  bool live = false;
  RolloutView rollout;
  std::string metrics;  // JSON, the "validation" of the cycle that made it; "{}" without one
};

}  // namespace pawl::service

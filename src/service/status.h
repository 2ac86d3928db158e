// Learning metrics and history of a tenant.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/settings.h"
#include "service/generation_view.h"

namespace pawl::service {

// A cycle, finished or not.
struct CycleView {
  std::string cycle_id, tenant_id, status;
  int64_t started_at = 0;  // microseconds since 1970
  std::optional<int64_t> finished_at;
  std::string reason, generation;
  bool model_improved = false;
  double training_seconds = 0;  // 0: nothing was trained
  std::string result;           // JSON, the contract's cycle result; empty while it runs
};

struct LiveView {
  std::string generation, reason;
  int64_t since = 0;  // microseconds since 1970
  RolloutView rollout;
};

struct Status {
  std::string tenant_id;
  LiveView live;
  std::string shadowing;  // a generation that is to go live; empty: none
  RolloutView shadow;     // of that one
  uint64_t total_cycles = 0, successful_cycles = 0, failed_cycles = 0, skipped_cycles = 0,
           model_improvements = 0;
  double average_training_seconds = 0;   // of the cycles that trained
  std::vector<CycleView> recent_cycles;  // newest first, at most ten
  uint64_t turns = 0;
  std::vector<QuarantineRecord> damaged;  // rows that could not be read, and were passed over
  std::map<std::string, int64_t> counters;
  Settings settings;
};

}  // namespace pawl::service

// What an operator should hear of: rules with thresholds, told once when they begin to hold and
// once when they no longer do.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/engine.h"

namespace pawl::service {

// A rule's present state. `tenant` is empty for those of the machine.
struct Alert {
  std::string rule, tenant, message;
  bool firing = false;
  int64_t since = 0;  // microseconds since 1970
};

// What the process knows beside the store.
struct ProcessFacts {
  std::vector<std::string> resting_upstreams;
};

// Safe for threads.
class Alerts {
 public:
  // `tell` hears of every change; it is called on the thread that checks.
  Alerts(Engine& engine, std::function<ProcessFacts()> facts,
         std::function<void(const Alert&)> tell);

  // Looks at every rule once. The audit trail is verified every hour only.
  void check();
  std::vector<Alert> firing() const;

 private:
  // True state and words of each rule.
  struct Finding {
    std::string rule, tenant, message;
    bool firing = false;
  };
  void look_at_tenant(const std::string& tenant, std::vector<Finding>& findings);
  void look_at_feedback(const std::string& tenant, std::vector<Finding>& findings);
  void look_at_machine(std::vector<Finding>& findings);
  void settle(const Finding& finding);

  Engine& engine_;
  std::function<ProcessFacts()> facts_;
  std::function<void(const Alert&)> tell_;
  std::mutex checking_;  // of what only check() knows
  mutable std::mutex mutex_;
  std::map<std::string, Alert> states_;  // by rule and tenant
  std::map<std::string, bool> trail_broken_;
  int64_t trails_verified_at_ = 0;
};

}  // namespace pawl::service

// The settings of the table as the learning cycle takes them.
#pragma once

#include "config/settings.h"
#include "learn/cycle/cycle.h"

namespace pawl::service {

learn::RolloutSettings rollout_settings(const Settings& settings);
learn::CycleSettings cycle_settings(const Settings& settings);

}  // namespace pawl::service

// The contract's Metrics shape, and that of one cycle.
#pragma once

#include "base/json.h"
#include "service/status.h"

namespace pawl::wire {

Json to_json_value(const service::CycleView& cycle);
Json to_json_value(const service::Status& status);

}  // namespace pawl::wire

// What "pawl distill --json" says.
#pragma once

#include "base/json.h"
#include "service/distill.h"

namespace pawl::wire {

Json to_json_value(const service::DistillSummary& summary);

}  // namespace pawl::wire

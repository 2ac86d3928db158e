// The contract's Analysis shape.
#pragma once

#include "base/json.h"
#include "service/analysis.h"

namespace pawl::wire {

Json to_json_value(const service::Analysis& analysis);

}  // namespace pawl::wire

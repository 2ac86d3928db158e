// The summary of a stream of turns or feedback.
#pragma once

#include "base/json.h"
#include "learn/intake/collect.h"

namespace pawl::wire {

Json to_json_value(const learn::CollectSummary& summary);

}  // namespace pawl::wire

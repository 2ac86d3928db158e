// A verdict as it is stored: everything the gate said, and back.
#pragma once

#include "base/json.h"
#include "learn/judge/gate.h"

namespace pawl::learn {

Json verdict_to_json(const HeadVerdict& verdict);
HeadVerdict verdict_from_json(const Json& json);

}  // namespace pawl::learn

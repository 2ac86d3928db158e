// A verdict as it is stored: everything the gate said, and back.
#pragma once

#include "base/json.h"
#include "learn/judge/gate.h"

namespace pawl::learn {

// With "bound", "uncorrected_p_value", "gained" and "lost" where the test has them.
Json test_to_json(const GateTest& test);
Json verdict_to_json(const HeadVerdict& verdict);
HeadVerdict verdict_from_json(const Json& json);

}  // namespace pawl::learn

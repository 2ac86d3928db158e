// What "pawl explain --json" and GET /api/v1/turns/{id}/explain say.
#pragma once

#include "base/json.h"
#include "service/explain.h"

namespace pawl::wire {

Json to_json_value(const service::Explanation& told);

}  // namespace pawl::wire

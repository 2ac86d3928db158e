// What "pawl generations --json" says of one generation.
#pragma once

#include "base/json.h"
#include "service/generation_view.h"

namespace pawl::wire {

// Throws Error(kFormat) naming the generation when its recorded metrics are damaged.
Json to_json_value(const service::GenerationView& view);
Json to_json_value(const service::RolloutView& view);

}  // namespace pawl::wire

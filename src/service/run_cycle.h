// One learning cycle with the engine's settings, or with those that an earlier one had.
#pragma once

#include "base/progress.h"
#include "learn/cycle/cycle.h"
#include "service/answer.h"
#include "service/engine.h"

namespace pawl::service {

// `settings`: as a cycle wrote them down when it was asked for; null: the engine's.
Answer<learn::CycleResult> run_cycle(Engine& engine, learn::CycleRequest request,
                                     const Json& settings, Progress& progress);

}  // namespace pawl::service

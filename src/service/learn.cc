#include <algorithm>

#include "service/cycle_settings.h"
#include "service/engine.h"
#include "service/tenant.h"

namespace pawl::service {
namespace {

// What the live model's pipeline is known for is no news of a cycle.
Warnings without(Warnings warnings, const Warnings& known) {
  std::erase_if(warnings, [&](const std::string& w) {
    return std::find(known.begin(), known.end(), w) != known.end();
  });
  return warnings;
}

Answer<learn::CycleResult> run_cycle(Engine& engine, const learn::CycleRequest& request,
                                     Progress& progress) {
  const auto watched = engine.tenant(request.tenant).watch();
  learn::CycleSettings settings = cycle_settings(engine.settings());
  settings.encoder = engine.encoder();
  learn::Generations generations(engine.env(), engine.store(), engine.folder(), request.tenant);
  learn::LearningCycle cycle(engine.env(), engine.store(), generations, std::move(settings));
  Warnings warnings = watched.warnings;
  auto result = cycle.run(request, progress, warnings);
  const auto model = engine.live_models().refresh(request.tenant);
  return {std::move(result), without(std::move(warnings), model->notes)};
}

}  // namespace

Answer<learn::CycleResult> Tenant::learn(bool force, Progress& progress) const {
  require();
  return run_cycle(*engine_, {.tenant = id_, .force = force}, progress);
}

Answer<learn::CycleResult> Tenant::tune(Progress& progress) const {
  require();
  return run_cycle(*engine_, {.tenant = id_, .tune = true}, progress);
}

bool Tenant::tunes_after(const learn::CycleResult& cycle) const {
  return cycle.tuning_is_due && engine_->settings().flag("training.tune_after_cycle");
}

}  // namespace pawl::service

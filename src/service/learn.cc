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

}  // namespace

Answer<learn::CycleResult> Tenant::learn(bool force, Progress& progress) const {
  require();
  learn::CycleSettings settings = cycle_settings(engine_->settings());
  settings.encoder = engine_->encoder();
  learn::Generations generations(engine_->env(), engine_->store(), engine_->folder(), id_);
  learn::LearningCycle cycle(engine_->env(), engine_->store(), generations, std::move(settings));
  Warnings warnings;
  auto result = cycle.run({id_, force}, progress, warnings);
  const auto model = engine_->live_models().refresh(id_);
  return {std::move(result), without(std::move(warnings), model->notes)};
}

}  // namespace pawl::service

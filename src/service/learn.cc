#include <algorithm>

#include "base/error.h"
#include "service/cycle_settings.h"
#include "service/engine.h"
#include "service/memory_search.h"
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

// A pipeline keeps the encoder that it has; whoever set another one will want to know.
void tell_of_other_encoder(Engine& engine, const Path& wanted, const LiveModel& model,
                           const std::string& tenant, Warnings& warnings) {
  const std::string setting = engine.settings().text("training.encoder");
  const auto own = encoder_of(model.nlp.get());
  if (setting == "auto" || own == nullptr) return;
  try {
    if (!wanted.empty() &&
        SentenceEncoder::load(engine.env(), wanted)->fingerprint() == own->fingerprint())
      return;
  } catch (const Error&) {
    // Not this one either.
  }
  warnings.push_back("training.encoder = \"" + setting + "\" is for pipelines without an encoder; that of tenant \"" +
                     tenant + "\" has one and keeps it");
}

Answer<learn::CycleResult> run_cycle(Engine& engine, const learn::CycleRequest& request,
                                     Progress& progress) {
  learn::CycleSettings settings = cycle_settings(engine.settings());
  const Path encoder = settings.encoder = engine.encoder();
  learn::Generations generations(engine.env(), engine.store(), engine.folder(), request.tenant);
  learn::LearningCycle cycle(engine.env(), engine.store(), generations, std::move(settings));
  Warnings warnings;
  auto result = cycle.run(request, progress, warnings);
  const auto model = engine.live_models().refresh(request.tenant);
  tell_of_other_encoder(engine, encoder, *model, request.tenant, warnings);
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

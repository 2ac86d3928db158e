// What becomes of a generation that the gate let pass, as collecting and learning look at it.
#include "base/error.h"
#include "base/json.h"
#include "service/cycle_settings.h"
#include "service/engine.h"
#include "service/tenant.h"

namespace pawl::service {
namespace {

std::string told(const learn::RolloutLook& look) {
  const learn::Rollout& rollout = *look.rollout;
  if (look.taken_back)
    return "generation " + rollout.generation_id + " was taken back, generation " +
           rollout.baseline_id + " is live again: " + rollout.note;
  if (look.went_live)
    return "generation " + rollout.generation_id + ", which was in the shadow, is live now";
  return "";
}

}  // namespace

Answer<learn::RolloutLook> Tenant::watch(size_t least) const {
  Answer<learn::RolloutLook> answer;
  try {
    learn::Generations generations(engine_->env(), engine_->store(), engine_->folder(), id_);
    learn::Rollouts rollouts(engine_->env(), engine_->store(), generations, id_,
                             rollout_settings(engine_->settings()), engine_->encoder());
    answer.value = rollouts.look(least);
    if (!answer.value.taken_back && !answer.value.went_live) return answer;
    answer.warnings.push_back(told(answer.value));
    engine_->live_models().refresh(id_);
  } catch (const Error& error) {
    answer.warnings.push_back("the live generation was not compared with the one before it: " +
                              std::string(error.what()));
  }
  return answer;
}

RolloutView rollout_view(const std::optional<learn::Rollout>& rollout,
                         const GenerationRecord& generation, bool was_live) {
  RolloutView view;
  view.phase = learn::phase_of(rollout, generation, was_live);
  if (!rollout) return view;
  view.since = rollout->since;
  view.baseline = rollout->baseline_id;
  view.note = view.phase == "rolled_back" ? generation.rejected : rollout->note;
  view.shadow = to_json(rollout->shadow);
  view.live = to_json(rollout->live);
  return view;
}

}  // namespace pawl::service

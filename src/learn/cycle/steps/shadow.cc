// The new generation answers what was collected, and nobody hears it; then it goes live, or waits
// for turns that are to come.
#include "learn/cycle/run.h"

namespace pawl::learn {

void LearningCycle::Run::shadow() {
  if (result.generation.empty() || settings().rollout.shadow_turns == 0) return;
  need_live();
  const auto turns = read_from(cycle.store_, [&](Transaction& t) {
    return t.recent_turns(tenant(), INT64_MAX, "", settings().rollout.shadow_turns);
  });
  if (turns.empty()) return;
  const LiveGeneration opened = generations.open(result.generation);
  Warnings known;
  const auto candidate = load_pipeline(cycle.env_, opened.pipeline, known);
  if (!settings().encoder.empty()) add_encoder(cycle.env_, *candidate, settings().encoder);
  shadowed = run_in_shadow(*live, *candidate, result.generation, turns, cycle.env_.now_micros());
  payload["shadow"] = shadowed.figures;
}

void LearningCycle::Run::keep_shadow(Transaction& transaction) {
  for (const EvidenceRecord& evidence : shadowed.evidence) {
    if (transaction.turn(tenant(), evidence.turn_id)) transaction.add_evidence(evidence);
  }
  shadowed.evidence.clear();
}

// How the shadow was, in words.
std::string LearningCycle::Run::shadow_note() const {
  const Json* figures = payload.find("shadow");
  if (figures == nullptr) return "no turn to shadow yet: it went live at once";
  const uint64_t turns = figures->at("turns").as_uint();
  std::string note = "shadowed " + std::to_string(turns) + " collected turns";
  if (turns < settings().rollout.shadow_turns) note += " (there are no more)";
  return note;
}

Rollout LearningCycle::Run::rollout() const {
  Rollout rollout{.generation_id = result.generation,
                  .baseline_id = live_id,
                  .cycle_id = record.cycle_id,
                  .phase = "shadow",
                  .note = {},
                  .since = cycle.env_.now_micros()};
  if (const Json* figures = payload.find("shadow")) rollout.shadow = *figures;
  rollout.shadow["note"] = shadow_note();
  return rollout;
}

// What it left behind in the shadow is replaced: this candidate knows more.
void LearningCycle::Run::keep_rollout(Transaction& transaction) {
  if (result.generation.empty() || result.rollback_performed) return;
  if (auto earlier = read_rollout(transaction, tenant(), shadowing_id(transaction, tenant()));
      earlier && earlier->generation_id != result.generation) {
    earlier->phase = "replaced";
    earlier->note = "generation " + result.generation + " took its place";
    write_rollout(transaction, tenant(), cycle.env_.now_micros(), *earlier);
    set_shadowing(transaction, tenant(), "");
  }
  Rollout now = rollout();
  if (!waits_in_shadow(settings().rollout)) {
    keep_deployed(transaction, record);
    // A cycle that is run again: the turns that it answers came long ago.
    if (const Json* ended = payload.find(kEndedAt)) now.from_sequence = ended->as_int();
    begin_baking(transaction, tenant(), std::move(now), live_id, cycle.env_.now_micros());
    return;
  }
  now.from_sequence = transaction.high_water(tenant());
  now.wanted_turns = settings().rollout.shadow_new_turns;
  now.wanted_hours = settings().rollout.shadow_hours;
  now.note = "waits for " + std::to_string(settings().rollout.shadow_new_turns) +
             " new turns, or " + std::to_string(static_cast<int>(settings().rollout.shadow_hours)) +
             " hours, before it goes live";
  write_rollout(transaction, tenant(), cycle.env_.now_micros(), now);
  set_shadowing(transaction, tenant(), result.generation);
}

}  // namespace pawl::learn

#include "learn/cycle/rollouts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "learn/cycle/cycle.h"
#include "learn/cycle/cycle_history.h"
#include "learn/data/material.h"
#include "learn/data/reputation_record.h"
#include "learn/train/vector_cache.h"

namespace pawl::learn {
namespace {

constexpr size_t kMostBefore = 1000;  // turns of the earlier generation that are compared with
constexpr double kMicrosPerHour = 3600e6;

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

double share(double faults, size_t turns) {
  return turns == 0 ? 0 : faults / static_cast<double>(turns);
}

Json to_json_value(const LiveComparison& c, const LiveWatchOptions& options) {
  return Json::Object{{"turns", static_cast<uint64_t>(c.turns_since)},
                      {"turns_before", static_cast<uint64_t>(c.turns_before)},
                      {"fault_rate", share(c.faults_since, c.turns_since)},
                      {"fault_rate_before", share(c.faults_before, c.turns_before)},
                      {"users_at_fault", static_cast<uint64_t>(c.users_at_fault)},
                      {"pairs", static_cast<uint64_t>(c.pairs)},
                      {"evidence", c.evidence},
                      {"evidence_needed", 1 / options.alpha}};
}

std::string words_of(const Rollout& rollout, const LiveComparison& c,
                     const LiveWatchOptions& options) {
  return std::to_string(c.users_at_fault) + " people found fault with answers of generation " +
         rollout.generation_id + " that generation " + rollout.baseline_id +
         " would have spared them: " + short_number(100 * share(c.faults_since, c.turns_since)) +
         " % of its turns, against " + short_number(100 * share(c.faults_before, c.turns_before)) +
         " % before (evidence " + short_number(c.evidence) + ", " +
         short_number(1 / options.alpha) + " convinces)";
}

// What the cycle that made a generation says of itself, after it was over.
void retell(Transaction& transaction, const std::string& tenant, const std::string& cycle_id,
            const std::function<void(CycleRecord&, Json& result)>& change) {
  auto cycle = transaction.cycle(tenant, cycle_id);
  if (!cycle) return;
  Json result = readable_json(cycle->result);
  if (!result.is_object()) result = Json::object();
  change(*cycle, result);
  cycle->result = to_json(result);
  transaction.put_cycle(*cycle);
}

void add_event(Transaction& transaction, const std::string& tenant, const char* kind,
               const Rollout& rollout, int64_t now) {
  EventRecord event;
  event.tenant_id = tenant;
  event.at = now;
  event.actor = "rollout";
  event.kind = kind;
  event.subject = rollout.generation_id;
  event.details = to_json(Json(Json::Object{{"reason", rollout.note},
                                            {"baseline", rollout.baseline_id},
                                            {"cycle", rollout.cycle_id},
                                            {"live", rollout.live}}));
  transaction.add_event(event);
}

int64_t first_live(Transaction& transaction, const std::string& tenant,
                   const std::string& generation) {
  int64_t first = INT64_MAX;
  for (const LiveRecord& step : transaction.live_history(tenant, SIZE_MAX)) {
    if (step.generation_id == generation) first = step.sequence;
  }
  return first;
}

}  // namespace

struct Rollouts::Compared {
  LiveComparison told;
  std::vector<EvidenceRecord> asked;  // what was asked for it
  int64_t high_water = 0;
  size_t answered = 0;  // turns of the later generation
};

Rollouts::Rollouts(Env& env, Store& store, Generations& generations, std::string tenant,
                   RolloutSettings settings, Path encoder)
    : env_(env),
      store_(store),
      generations_(generations),
      tenant_(std::move(tenant)),
      settings_(std::move(settings)),
      encoder_(std::move(encoder)) {}

RolloutLook Rollouts::look(size_t least) {
  const auto [shadowing, live] = read_from(store_, [&](Transaction& t) {
    return std::pair(read_rollout(t, tenant_, shadowing_id(t, tenant_)),
                     read_rollout(t, tenant_, live_id(t, tenant_)));
  });
  if (shadowing && shadowing->phase == "shadow") return look_at_shadow(*shadowing);
  if (!live || live->phase != "baking") return {.rollout = live};
  return look_at_live(*live, least);
}

// What a generation says of texts, with nothing between it and them.
std::vector<Answers> Rollouts::ask(const std::string& generation,
                                   const std::vector<std::string>& texts) {
  if (texts.empty()) return {};
  const LiveGeneration opened = generations_.open(generation);
  return answers_of(*load(opened), texts);
}

// What was encoded for a cycle is not encoded again.
std::unique_ptr<Language> Rollouts::load(const LiveGeneration& opened) {
  Warnings ignored;
  auto nlp = load_pipeline(env_, opened.pipeline, ignored);
  if (!encoder_.empty()) add_encoder(env_, *nlp, encoder_);
  cache_vectors(*nlp, store_, tenant_);
  return nlp;
}

// Turns with the faults that the other generation would have spared; what it says of turns that
// are complained of is asked once and kept beside them.
std::vector<AnsweredTurn> Rollouts::answered(const std::vector<TurnBundle>& bundles,
                                             const std::string& other,
                                             const Reputations& reputations,
                                             std::vector<EvidenceRecord>& asked) {
  std::vector<std::optional<Complaint>> complaints;
  std::vector<std::optional<Answers>> others;
  std::vector<size_t> unasked;
  std::vector<std::string> texts;
  for (size_t i = 0; i < bundles.size(); ++i) {
    complaints.push_back(complaint_about(to_judged(bundles[i]), reputations, Trust()));
    others.push_back(shadow_answers(bundles[i], other));
    if (!complaints[i] || others[i]) continue;
    unasked.push_back(i);
    texts.push_back(bundles[i].turn.user_text);
  }
  const auto said = ask(other, texts);
  for (size_t k = 0; k < said.size(); ++k) {
    others[unasked[k]] = said[k];
    const auto kept =
        shadow_evidence(bundles[unasked[k]].turn, said[k], all_heads(), other, env_.now_micros());
    asked.insert(asked.end(), kept.begin(), kept.end());
  }
  std::vector<AnsweredTurn> turns;
  for (size_t i = 0; i < bundles.size(); ++i) {
    AnsweredTurn& turn = turns.emplace_back(AnsweredTurn{bundles[i].turn.user_id, 0});
    if (!complaints[i]) continue;
    const Answers answered_with = answers_to(to_judged(bundles[i]));
    Answers other_says = answered_with;  // what was not kept was no disagreement
    for (const auto& [head, value] : *others[i]) other_says[head] = value;
    if (would_have_been_spared(*complaints[i], answered_with, other_says))
      turn.fault = complaints[i]->weight;
  }
  return turns;
}

Rollouts::Compared Rollouts::compare(const Rollout& rollout) {
  Compared compared;
  const auto [before, since, reputations] = read_from(store_, [&](Transaction& t) {
    compared.high_water = t.high_water(tenant_);
    const int64_t began = first_live(t, tenant_, rollout.baseline_id);
    return std::tuple(
        t.turns_answered_by(tenant_, rollout.baseline_id, {began, INT64_MAX, kMostBefore}),
        t.turns_answered_by(tenant_, rollout.generation_id,
                            {rollout.from_sequence, INT64_MAX, settings_.bake_turns}),
        read_reputations(t, tenant_));
  });
  compared.answered = since.size();
  const auto earlier = answered(before, rollout.generation_id, reputations, compared.asked);
  const auto later = answered(since, rollout.baseline_id, reputations, compared.asked);
  compared.told = compare_live(earlier, later, settings_.watch);
  return compared;
}

bool Rollouts::is_due(const Rollout& rollout, size_t least) const {
  const double hours = static_cast<double>(env_.now_micros() - rollout.since) / kMicrosPerHour;
  if (hours >= 24 * settings_.bake_days) return true;
  const SequenceRange news{rollout.looked_at};
  return read_from(store_, [&](Transaction& t) {
    return t.count_turns_judged(tenant_, news) >= static_cast<int64_t>(least) ||
           t.count_turns(tenant_, {rollout.from_sequence}) >=
               static_cast<int64_t>(settings_.bake_turns);
  });
}

RolloutLook Rollouts::look_at_live(Rollout rollout, size_t least) {
  if (!is_due(rollout, std::max<size_t>(1, least))) return {.rollout = rollout};
  const Compared compared = compare(rollout);
  rollout.looked_at = compared.high_water;
  rollout.live = to_json_value(compared.told, settings_.watch);
  write_to(store_, [&](Transaction& t) {
    for (const EvidenceRecord& evidence : compared.asked) {
      if (t.turn(tenant_, evidence.turn_id)) t.add_evidence(evidence);  // not erased meanwhile
    }
  });
  RolloutLook look;
  const int64_t now = env_.now_micros();
  const double hours = static_cast<double>(now - rollout.since) / kMicrosPerHour;
  if (compared.told.worse) {
    rollout.note = words_of(rollout, compared.told, settings_.watch);
    look.taken_back = take_back(rollout);
  } else {
    look.settled = compared.answered >= settings_.bake_turns || hours >= 24 * settings_.bake_days;
    if (look.settled) {
      rollout.phase = "settled";
      rollout.since = now;
      rollout.note = "after " + std::to_string(compared.answered) +
                     " turns not significantly worse than generation " + rollout.baseline_id;
      if (compared.told.pairs < 20) rollout.note += "; too few people spoke up to say much";
    }
    write_to(store_, [&](Transaction& t) {
      if (live_id(t, tenant_) != rollout.generation_id) return;
      write_rollout(t, tenant_, now, rollout);
      if (look.settled) add_event(t, tenant_, "generation.settled", rollout, now);
    });
  }
  look.rollout = rollout;
  return look;
}

bool Rollouts::take_back(Rollout& rollout) {
  rollout.phase = "rolled_back";
  rollout.since = env_.now_micros();
  return generations_.take_back(
      rollout.generation_id, rollout.baseline_id, rollout.note, [&](Transaction& t) {
        write_rollout(t, tenant_, rollout.since, rollout);
        close_cycle(t, rollout);
        t.add_counter(tenant_, "generations.taken_back", 1);
        add_event(t, tenant_, "generation.taken_back", rollout, rollout.since);
      });
}

// Its looks spend error budget as any that came to nothing, and what it taught is doubted.
void Rollouts::close_cycle(Transaction& transaction, const Rollout& rollout) {
  retell(transaction, tenant_, rollout.cycle_id, [&](CycleRecord& cycle, Json& result) {
    cycle.status = "rolled_back";
    cycle.reason = rollout.note;
    result["status"] = cycle.status;
    result["reason"] = rollout.note;
    result["rollback_performed"] = true;
    result["model_improved"] = false;
  });
  const CurationContext context{tenant_, rollout.cycle_id, rollout.generation_id, rollout.since};
  for (VerdictRecord& verdict : transaction.verdicts(tenant_, rollout.cycle_id)) {
    if (!verdict.deployed) continue;
    verdict.deployed = false;
    transaction.put_verdict(verdict);
    if (const auto head = head_of(verdict.head)) set_aside(transaction, context, *head);
  }
}

RolloutLook Rollouts::look_at_shadow(Rollout rollout) {
  RolloutLook look{.rollout = rollout};
  const int64_t now = env_.now_micros();
  const double hours = static_cast<double>(now - rollout.since) / kMicrosPerHour;
  const auto arrived = read_from(
      store_, [&](Transaction& t) { return t.count_turns(tenant_, {rollout.from_sequence}); });
  // As was promised when it went into the shadow, whatever is set now.
  const size_t wanted =
      rollout.wanted_turns > 0 ? rollout.wanted_turns : settings_.shadow_new_turns;
  const double at_most = rollout.wanted_turns > 0 ? rollout.wanted_hours : settings_.shadow_hours;
  const bool enough = arrived >= static_cast<int64_t>(wanted);
  if (!enough && hours < at_most) return look;
  const auto turns = read_from(store_, [&](Transaction& t) {
    return t.recent_turns(tenant_, INT64_MAX, "",
                          std::min<size_t>(static_cast<size_t>(arrived), kMostBefore));
  });
  const std::string live = read_from(store_, [&](Transaction& t) { return live_id(t, tenant_); });
  const LiveGeneration one = generations_.open(live);
  const LiveGeneration other = generations_.open(rollout.generation_id);
  const ShadowReport report =
      run_in_shadow(*load(one), *load(other), rollout.generation_id, turns, now);
  rollout.shadow = report.figures;
  const std::string why = enough ? "shadowed " + std::to_string(arrived) + " new turns"
                                 : "its time in the shadow is over";
  const Activation outcome = generations_.activate(
      {rollout.generation_id, "deploy", why, rollout.cycle_id}, rollout.baseline_id);
  look.went_live = outcome == Activation::kLive;
  write_to(store_, [&](Transaction& t) {
    set_shadowing(t, tenant_, "");
    for (const EvidenceRecord& evidence : report.evidence) {
      if (t.turn(tenant_, evidence.turn_id)) t.add_evidence(evidence);
    }
    if (!look.went_live) {
      rollout.phase = "replaced";
      rollout.note = "another generation went live while it was in the shadow";
      write_rollout(t, tenant_, now, rollout);
      return;
    }
    rollout.from_sequence = 0;
    begin_baking(t, tenant_, rollout, live, now);
    retell(t, tenant_, rollout.cycle_id, [&](CycleRecord& cycle, Json& result) {
      result["model_improved"] = true;
      keep_deployed(t, cycle);
    });
  });
  look.rollout = read_from(
      store_, [&](Transaction& t) { return read_rollout(t, tenant_, rollout.generation_id); });
  return look;
}

ShadowReport run_in_shadow(const Language& live, const Language& candidate,
                           const std::string& generation, const std::vector<TurnBundle>& turns,
                           int64_t now) {
  std::vector<const TurnRecord*> answered;
  std::vector<std::string> texts;
  for (const TurnBundle& bundle : turns) {
    if (bundle.turn.user_text.empty()) continue;
    answered.push_back(&bundle.turn);
    texts.push_back(bundle.turn.user_text);
  }
  const auto one = answers_of(live, texts), other = answers_of(candidate, texts);
  ShadowReport report;
  std::map<Head, uint64_t> counts;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto heads = disagreements(one[i], other[i]);
    for (const Head head : heads) ++counts[head];
    const auto said = shadow_evidence(*answered[i], other[i], heads, generation, now);
    report.evidence.insert(report.evidence.end(), said.begin(), said.end());
  }
  Json by_head = Json::object();
  for (const auto& [head, count] : counts) by_head[head->name] = count;
  report.figures["turns"] = static_cast<uint64_t>(texts.size());
  report.figures["disagreements"] = std::move(by_head);
  return report;
}

bool waits_in_shadow(const RolloutSettings& settings) {
  return settings.shadow_new_turns > 0;
}

}  // namespace pawl::learn

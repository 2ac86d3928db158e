// Winners become a generation, which goes live if nobody chose another meanwhile.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/folder_writer.h"
#include "learn/cycle/run.h"
#include "learn/train/provenance.h"

namespace pawl::learn {
namespace {

// "entities: 7 new examples wait for more (trained from 20 on)", of heads that were left out.
std::string what_waits(const Json* waiting) {
  std::string told;
  if (waiting == nullptr) return told;
  for (const auto& [head, w] : waiting->as_object()) {
    if (w.at("examples").as_uint() == 0) continue;
    told += (told.empty() ? "" : "; ") + head + ": " + std::to_string(w.at("examples").as_uint()) +
            " new examples wait for more (trained from " +
            std::to_string(w.at("needed").as_uint()) + " on)";
  }
  return told;
}

}  // namespace

void LearningCycle::Run::publish() {
  need_candidates();
  std::string reason;
  std::unique_ptr<Language> next;
  std::set<std::string> trained_on;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const HeadVerdict& verdict = result.verdicts[i];
    if (!reason.empty()) reason += "; ";
    reason += verdict.reason;
    if (!verdict.deploy) continue;
    if (next == nullptr) next = live->clone();
    CandidateHead& winner = candidates[i];
    trained_on.insert(winner.example_ids.begin(), winner.example_ids.end());
    put_head(*next, std::move(winner.trained.component));
  }
  if (const std::string waits = what_waits(payload.find(kWaiting)); !waits.empty())
    reason += (reason.empty() ? "" : "; ") + waits;
  result.reason = reason.empty() ? "no head had anything new to learn" : reason;
  const Json* curation = payload.find("curation");
  if (const Json* bursts = curation == nullptr ? nullptr : curation->find("burst")) {
    result.reason += "; " + std::to_string(bursts->as_uint()) +
                     " texts of authors who said the same of many at once are in quarantine";
  }
  payload["reason"] = result.reason;
  if (next == nullptr) return;
  NewGeneration made;
  made.parent_id = live_id;
  made.cycle_id = record.cycle_id;
  made.reason = result.reason;
  const Json shown = to_json_value(result);
  if (const Json* validation = shown.find("validation")) made.metrics = to_json(*validation);
  Json details = Json::object();
  for (const char* key : {"curation", "candidates"}) {
    if (const Json* known = payload.find(key)) details[key] = *known;
  }
  made.example_ids.assign(trained_on.begin(), trained_on.end());
  details["training"] = training_provenance(*live, settings().candidate);
  details["dataset"] = dataset_provenance(made.example_ids);
  made.details = to_json(details);
  const GenerationRecord generation =
      generations.publish(made, [&](const Path& folder) { next->to_disk(cycle.env_, folder); });
  payload["backup_id"] = generations.back_up(live_id);
  payload["generation"] = generation.generation_id;
}

// Only from what was live when the cycle began: what a person chose meanwhile stays.
void LearningCycle::Run::switch_live() {
  if (result.generation.empty() || waits_in_shadow(settings().rollout)) return;
  const Activation outcome =
      generations.activate({result.generation, "deploy", result.reason, record.cycle_id}, live_id);
  if (outcome == Activation::kLive) return;
  payload["rollback_performed"] = true;
  payload["reason"] =
      "not deployed: generation " + result.generation +
      (outcome == Activation::kRejected ? " or one it descends from was rolled back"
                                        : " was made from one that is not live any more") +
      "; " + result.reason;
}

// Whether a person, or another fallback, changed what this cycle began with.
bool LearningCycle::Run::incumbent_changed() {
  if (live_id.empty()) return false;
  const auto now = read_from(cycle.store_, [&](Transaction& t) { return t.live(tenant()); });
  return now && now->generation_id != live_id && now->cycle_id != record.cycle_id;
}

bool LearningCycle::Run::was_live() {
  const auto history =
      read_from(cycle.store_, [&](Transaction& t) { return t.live_history(tenant(), SIZE_MAX); });
  return std::any_of(history.begin(), history.end(),
                     [&](const LiveRecord& step) { return step.cycle_id == record.cycle_id; });
}

// The cycle is over by now: what goes wrong here is no failure of it, and the next one tries again.
void LearningCycle::Run::tidy_up() {
  try {
    generations.prune(settings().keep_generations, settings().backup_retention_days);
  } catch (const Error& error) {
    warnings.push_back("older generations were not tidied up: " + std::string(error.what()));
  }
}

// What killed cycles left; the files of a cycle that is over are of no use to anybody.
void LearningCycle::Run::sweep() {
  generations.sweep();
  const Path cycles = generations.workspace() / "cycles";
  if (!cycle.env_.is_directory(cycles)) return;
  sweep_folder_leftovers(cycle.env_, folder());
  const CycleHistory history(cycle.store_, tenant(), "");
  std::set<std::string> needed;
  for (const Head head : all_heads()) needed.insert(history.waiting_layers(head));
  for (const std::string& id : cycle.env_.list_directory(cycles)) {
    const auto known =
        read_from(cycle.store_, [&](Transaction& t) { return t.cycle(tenant(), id); });
    if (known && known->finished_at && !needed.contains(id)) cycle.env_.remove_all(cycles / id);
  }
}

}  // namespace pawl::learn

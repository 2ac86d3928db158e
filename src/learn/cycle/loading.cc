// What the steps read: the live pipeline, the examples, candidates that an earlier run trained.
#include <algorithm>

#include "base/error.h"
#include "learn/cycle/candidate_folder.h"
#include "learn/cycle/run.h"

namespace pawl::learn {

void LearningCycle::Run::load() {
  need_live();
  payload["live"] = live_id;
}

void LearningCycle::Run::need_live() {
  if (live != nullptr) return;
  auto opened = generations.open_or_replace_live();
  if (!opened)
    throw Error(ErrorKind::kNotFound,
                "tenant \"" + tenant() + "\" has no generation; run 'pawl init' first");
  if (!live_id.empty() && live_id != opened->record.generation_id)
    throw Error(ErrorKind::kBusy, "the live generation changed just now; run 'pawl learn' again");
  live_id = opened->record.generation_id;
  warnings.insert(warnings.end(), opened->warnings.begin(), opened->warnings.end());
  hold = std::move(opened->hold);
  load_live(opened->pipeline);
}

// The live pipeline, its heads reading vectors that were computed before from the workspace.
void LearningCycle::Run::load_live(const Path& folder_of_live) {
  live = load_pipeline(cycle.env_, folder_of_live, warnings);
  live_folder = folder_of_live;
  if (!settings().encoder.empty()) add_encoder(cycle.env_, *live, settings().encoder);
  vectors = cache_vectors(*live, cycle.store_, tenant());
}

void LearningCycle::Run::need_examples() {
  need_live();
  if (!loaded) load_examples(settings().max_memory);
  loaded = true;
}

void LearningCycle::Run::load_examples(size_t newest) {
  Dataset data = read_from(cycle.store_, [&](Transaction& t) {
    return load_dataset(t, tenant(), record.cycle_id, std::min(newest, settings().max_memory),
                        labels_of(*live), settings().curate.defence);
  });
  if (!data.damages.empty()) {
    write([&](Transaction& t) {
      quarantine(t, tenant(), record.cycle_id, cycle.env_.now_micros(), data.damages);
    });
  }
  memory = std::move(data.memory);
  fresh = std::move(data.fresh);
}

// Those that a run before this one trained come from the disk.
void LearningCycle::Run::need_candidates() {
  need_live();
  EncoderLink encoder;
  if (vectors != nullptr) encoder = {find_encoder(*live).name, vectors};
  std::vector<CandidateHead> known = std::move(candidates);
  candidates.clear();
  for (const Head head : all_heads()) {
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const CandidateHead& c) { return c.head == head; });
    if (found != known.end()) {
      candidates.push_back(std::move(*found));
      continue;
    }
    auto loaded_one =
        load_candidate(cycle.env_, folder() / folder_name(head), head, *live, encoder);
    if (loaded_one) candidates.push_back(*std::move(loaded_one));
  }
}

}  // namespace pawl::learn

#include <algorithm>

#include "base/error.h"
#include "learn/data/damage.h"
#include "learn/train/vector_cache.h"
#include "service/cycle_settings.h"
#include "service/engine.h"
#include "service/target_folder.h"
#include "service/tenant.h"

namespace pawl::service {
namespace {

// The newest turns are distilled from; more of them change little.
constexpr size_t kMaxTurns = 20000;
constexpr size_t kMaxExamples = 20000;
constexpr int64_t kWindow = 10000;  // rows read at a time

learn::DistillOptions distill_options(const Settings& settings) {
  learn::DistillOptions options;
  options.train = cycle_settings(settings).candidate.train;
  options.validation_split = settings.number("training.validation_split");
  return options;
}

// Turns from new to old, until there are enough.
learn::DistillData distill_data(Store& store, const std::string& tenant) {
  learn::DistillData data;
  const auto transaction = store.begin_read();
  ExampleFilter active;
  active.state = "active";
  active.limit = kMaxExamples;
  active.newest_first = true;
  const auto records = transaction->examples(tenant, active);
  data.examples = learn::readable_examples(records);
  std::reverse(data.examples.begin(), data.examples.end());
  for (int64_t up_to = transaction->high_water(tenant);
       up_to > 0 && data.unlabelled.size() < kMaxTurns; up_to -= kWindow) {
    const int64_t after = std::max<int64_t>(up_to - kWindow, 0);
    const auto bundles = transaction->turns_touched(tenant, {.after = after, .up_to = up_to});
    for (auto b = bundles.rbegin(); b != bundles.rend(); ++b) {
      const TurnRecord& turn = b->turn;
      if (turn.sequence <= after || turn.user_text.empty()) continue;
      data.unlabelled.push_back({turn.user_text, turn.conversation_id});
    }
  }
  return data;
}

}  // namespace

Answer<DistillSummary> Tenant::distill(const Path& target, Progress& progress) const {
  Env& env = engine_->env();
  require_outside(target, engine_->folder());
  require_free(env, target);
  learn::Generations generations(env, engine_->store(), engine_->folder(), id_);
  const auto opened = generations.open_live();
  if (!opened) fail_without_generation(id_);
  Answer<DistillSummary> answer{{}, opened->warnings};
  Warnings notes;
  const auto nlp = learn::load_pipeline(env, opened->pipeline, notes);
  const learn::PawlComponents own = learn::find_pawl_components(*nlp);
  if (own.hybrid_heads.empty() && own.encoders.empty()) {
    throw Error(ErrorKind::kInvalidInput,
                "generation " + opened->record.generation_id +
                    " has no hybrid head: stock spaCy runs it as it is, 'pawl export' copies it");
  }
  const auto vectors = learn::cache_vectors(*nlp, engine_->store(), id_);
  const learn::DistillData data = distill_data(engine_->store(), id_);
  DistillSummary& summary = answer.value;
  summary.generation = opened->record.generation_id;
  summary.turns = data.unlabelled.size();
  summary.examples = data.examples.size();
  summary.left_out = own.encoders;
  summary.heads = learn::distill_heads(*nlp, own.hybrid_heads, data,
                                       distill_options(engine_->settings()), progress);
  const auto stock = learn::stock_pipeline(*nlp, summary.heads);
  summary.components = stock->pipe_names();
  write_whole(env, target, [&](const Path& folder) { stock->to_disk(env, folder); });
  return answer;
}

}  // namespace pawl::service

#include <algorithm>

#include "base/error.h"
#include "learn/train/vector_cache.h"
#include "service/workspace.h"

namespace pawl::service {
namespace {

// The newest turns are distilled from; more of them change little.
constexpr size_t kMaxTurns = 20000;
constexpr size_t kMaxExamples = 20000;
constexpr int64_t kWindow = 10000;  // rows read at a time

Json share(size_t count, size_t of) {
  if (of == 0) return nullptr;
  return static_cast<double>(count) / static_cast<double>(of);
}

Json head_json(const learn::DistilledHead& head) {
  Json out = Json::object();
  out["recipe"] = head.trained.recipe;
  out["labels"] = static_cast<uint64_t>(head.labels.size());
  out["texts"] = static_cast<uint64_t>(head.texts);
  out["labelled_texts"] = static_cast<uint64_t>(head.labelled);
  out["variants"] = static_cast<uint64_t>(head.variants);
  Json scores = Json::object();
  for (const auto& [recipe, score] : head.scores) scores[recipe] = score;
  out["select_scores"] = std::move(scores);
  out["certify_examples"] = static_cast<uint64_t>(head.certified);
  out["teacher_accuracy"] = share(head.teacher_right, head.certified);
  out["student_accuracy"] = share(head.student_right, head.certified);
  out["held_out_texts"] = static_cast<uint64_t>(head.held_out);
  out["agreement"] = share(head.agreed, head.held_out);
  return out;
}

// Whole or not at all: what is written stands beside the target until it is complete.
void write_pipeline(Env& env, const Language& nlp, const Path& target) {
  const Path place = target.has_filename() ? target : target.parent_path();
  const Path fresh = place.string() + ".new-" + new_uuid(env);
  try {
    env.create_directories(fresh, 0755);
    nlp.to_disk(env, fresh);
    env.rename(fresh, place);
  } catch (const Error&) {
    env.remove_all(fresh);
    throw;
  }
}

learn::DistillOptions distill_options(const Settings& settings) {
  learn::DistillOptions options;
  options.train = cycle_settings(settings).candidate.train;
  options.validation_split = settings.number("training.validation_split");
  return options;
}

}  // namespace

Json to_json_value(const DistillSummary& summary) {
  Json out = Json::object();
  out["generation"] = summary.generation;
  out["turns"] = static_cast<uint64_t>(summary.turns);
  out["examples"] = static_cast<uint64_t>(summary.examples);
  Json heads = Json::object();
  for (const auto& head : summary.heads) heads[learn::head_name(head.head)] = head_json(head);
  out["heads"] = std::move(heads);
  out["components"] = Json(Json::Array(summary.components.begin(), summary.components.end()));
  out["left_out"] = Json(Json::Array(summary.left_out.begin(), summary.left_out.end()));
  return out;
}

// Turns from new to old, until there are enough.
learn::DistillData Workspace::distill_data() {
  learn::DistillData data;
  const auto transaction = store_->begin_read();
  ExampleFilter active;
  active.state = "active";
  active.limit = kMaxExamples;
  active.newest_first = true;
  const auto records = transaction->examples(options_.tenant, active);
  for (auto r = records.rbegin(); r != records.rend(); ++r)
    data.examples.push_back(learn::from_record(*r));
  for (int64_t up_to = transaction->high_water(options_.tenant);
       up_to > 0 && data.unlabelled.size() < kMaxTurns; up_to -= kWindow) {
    const int64_t after = std::max<int64_t>(up_to - kWindow, 0);
    const auto bundles =
        transaction->turns_touched(options_.tenant, {.after = after, .up_to = up_to});
    for (auto b = bundles.rbegin(); b != bundles.rend(); ++b) {
      const TurnRecord& turn = b->turn;
      if (turn.sequence <= after || turn.user_text.empty()) continue;
      data.unlabelled.push_back({turn.user_text, turn.conversation_id});
    }
  }
  return data;
}

DistillSummary Workspace::distill(const Path& target, Progress& progress) {
  require_free(target);
  const learn::LiveGeneration opened = open_live();
  const auto nlp = learn::load_pipeline(env_, opened.pipeline, warnings_);
  const learn::PawlComponents own = learn::find_pawl_components(*nlp);
  if (own.hybrid_heads.empty() && own.encoders.empty()) {
    throw Error(ErrorKind::kInvalidInput,
                "generation " + opened.record.generation_id +
                    " has no hybrid head: stock spaCy runs it as it is, 'pawl export' copies it");
  }
  const auto vectors = learn::cache_vectors(*nlp, *store_, options_.tenant);
  const learn::DistillData data = distill_data();
  DistillSummary summary;
  summary.generation = opened.record.generation_id;
  summary.turns = data.unlabelled.size();
  summary.examples = data.examples.size();
  summary.left_out = own.encoders;
  summary.heads = learn::distill_heads(*nlp, own.hybrid_heads, data,
                                       distill_options(options_.settings), progress);
  const auto stock = learn::stock_pipeline(*nlp, summary.heads);
  summary.components = stock->pipe_names();
  require_free(target);
  write_pipeline(env_, *stock, target);
  return summary;
}

}  // namespace pawl::service

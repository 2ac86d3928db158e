#include "wire/distill_json.h"

#include <utility>

#include "base/json_strings.h"

namespace pawl::wire {
namespace {

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

}  // namespace

Json to_json_value(const service::DistillSummary& summary) {
  Json out = Json::object();
  out["generation"] = summary.generation;
  out["turns"] = static_cast<uint64_t>(summary.turns);
  out["examples"] = static_cast<uint64_t>(summary.examples);
  Json heads = Json::object();
  for (const auto& head : summary.heads) heads[learn::head_name(head.head)] = head_json(head);
  out["heads"] = std::move(heads);
  out["components"] = json_strings(summary.components);
  out["left_out"] = json_strings(summary.left_out);
  return out;
}

}  // namespace pawl::wire

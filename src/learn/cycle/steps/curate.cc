// Is there enough to learn from, and what becomes an example.
#include <algorithm>
#include <cmath>

#include "learn/cycle/live_answers.h"
#include "learn/cycle/run.h"
#include "learn/data/reputation_record.h"

namespace pawl::learn {
namespace {

// Texts looked at for each example a cycle may make: of some the evidence is not enough.
constexpr size_t kTextsPerExample = 4;
// Examples of earlier cycles, the newest, that beliefs rest on.
constexpr size_t kCurateMemory = 6000;

}  // namespace

// Whether earlier cycles left examples that no head was trained with, see wait_for_more().
bool LearningCycle::Run::examples_wait() const {
  const CycleHistory history(cycle.store_, tenant(), record.cycle_id);
  const auto heads = all_heads();
  return std::any_of(heads.begin(), heads.end(),
                     [&](Head head) { return history.waiting_examples(head) > 0; });
}

bool LearningCycle::Run::collect() {
  const SequenceRange range{record.from_sequence, record.to_sequence};
  bool waiting = false;
  read_from(cycle.store_, [&](Transaction& t) {
    result.data_collected = static_cast<size_t>(t.count_turns_judged(tenant(), range));
    waiting = !t.waiting(tenant()).empty();
  });
  if (request.tune || result.data_collected >= settings().min_data_threshold) return true;
  if (request.force && (result.data_collected > 0 || waiting || examples_wait())) return true;
  result.reason =
      std::to_string(result.data_collected) + " turns with feedback since the last cycle, " +
      std::to_string(settings().min_data_threshold) + " are needed (learning.min_data_threshold)";
  if (request.force) result.reason = "no turn with feedback since the last cycle";
  return false;
}

HeldOutRight LearningCycle::Run::live_right(Head head, double named_share) {
  std::vector<LabeledExample> held_out;
  for (const auto& e : memory) {
    if (e.split != Split::kTrain && e.knows(head) && stands_for_traffic(e, named_share))
      held_out.push_back(e);
  }
  if (held_out.size() > settings().max_certify) {
    held_out.erase(held_out.begin(),
                   held_out.end() - static_cast<std::ptrdiff_t>(settings().max_certify));
  }
  const TrainableComponent* incumbent = find_head(*live, head);
  if (incumbent == nullptr || held_out.empty()) return {};
  LiveAnswers answers(cycle.store_, tenant(), live_id, head);
  const double right = answers.count_right(held_out, *live, *incumbent);
  if (answers.changed()) write([&](Transaction& t) { answers.save(t); });
  return {right, static_cast<double>(held_out.size())};
}

void LearningCycle::Run::preprocess() {
  if (payload.find("curation") != nullptr) return;  // settled before the cycle was cut off
  need_live();
  load_examples(kCurateMemory);
  CurateOptions options = settings().curate;
  const SequenceRange range{record.from_sequence, record.to_sequence};
  const Material material = read_from(cycle.store_, [&](Transaction& t) {
    for (const QuarantineRecord& item : t.quarantine(tenant(), true)) {
      if (item.released && item.kind == "burst") options.defence.released.insert(item.subject);
    }
    options.trust.signals = measured_trust(read_signal_counts(t, tenant()));
    return read_material(t, tenant(), range, kTextsPerExample * options.max_examples,
                         options.signals, options.trust.signals);
  });
  const CycleHistory history(cycle.store_, tenant(), record.cycle_id);
  const double share = history.named_share(nullptr);
  for (const Head head : all_heads()) {
    if (head->kind == HeadKind::kLabel) options.held_out[head] = live_right(head, share);
  }
  const CurationMemory known = {.examples = memory,
                                .vectors = vectors.get(),
                                .reputations = read_from(cycle.store_, [&](Transaction& t) {
                                  return read_reputations(t, tenant());
                                })};
  const Curated curated = curate(material.groups, *live, material.splits, options, known);
  Json left_out = Json::object();
  for (const auto& [reason, count] : curated.left_out)
    left_out[reason] = static_cast<uint64_t>(count);
  left_out["named"] = static_cast<uint64_t>(std::llround(curated.named));
  if (!material.damages.empty())
    left_out["damaged"] = static_cast<uint64_t>(material.damages.size());
  left_out["unnamed"] = static_cast<uint64_t>(std::llround(curated.unnamed));
  payload["curation"] = left_out;
  record.payload = to_json(payload);
  write([&](Transaction& t) {
    keep_curated(t, curation_context(), material, curated);
    t.put_cycle(record);
  });
}

CurationContext LearningCycle::Run::curation_context() const {
  return {tenant(), record.cycle_id, live_id, cycle.env_.now_micros()};
}

}  // namespace pawl::learn

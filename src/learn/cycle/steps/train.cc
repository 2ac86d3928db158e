// Candidates and forerunners, a head a step.
#include <algorithm>
#include <set>

#include "learn/cycle/candidate_folder.h"
#include "learn/cycle/run.h"
#include "learn/judge/judge.h"
#include "learn/train/file_checkpoint.h"
#include "learn/train/forerunner.h"

namespace pawl::learn {
namespace {

Json describe(const CandidateHead& candidate) {
  Json head = Json::object();
  head["recipe"] = candidate.trained.recipe;
  head["examples"] = static_cast<uint64_t>(candidate.examples);
  head["updates"] = static_cast<uint64_t>(candidate.trained.updates);
  Json scores = Json::array();
  for (const auto& name : candidate.tried) scores.push_back(name);
  head["select_scores"] = std::move(scores);
  return head;
}

// A head knows what its layers were tuned with.
void add_examples(CandidateHead& candidate, const std::vector<std::string>& ids) {
  std::set<std::string> all(candidate.example_ids.begin(), candidate.example_ids.end());
  all.insert(ids.begin(), ids.end());
  candidate.example_ids.assign(all.begin(), all.end());
}

// A recogniser is trained again once a tenth of what it was taught is new, or so many examples, or
// when some have waited for so many cycles.
constexpr size_t kGrowth = 10, kEnoughNew = 20, kLongestWait = 10;

}  // namespace

std::vector<std::string> LearningCycle::Run::unlabelled_texts() {
  SequenceRange range{record.from_sequence, record.to_sequence};
  range.limit = settings().candidate.rehearsal;
  return read_from(cycle.store_, [&](Transaction& t) { return t.unjudged_texts(tenant(), range); });
}

// Passes over all that a recogniser was ever taught take longer than all else in a cycle, and what
// a few more examples change in it nobody could measure: these wait for others.
bool LearningCycle::Run::wait_for_more(Head head) {
  const auto known = [&](const std::vector<LabeledExample>& examples) {
    return static_cast<size_t>(std::count_if(examples.begin(), examples.end(),
                                             [&](const auto& e) { return e.knows(head); }));
  };
  if (head->kind != HeadKind::kSpans) return false;
  const CycleHistory history(cycle.store_, tenant(), record.cycle_id);
  const size_t waiting = history.waiting_examples(head) + known(fresh);
  if (waiting == 0) return false;
  const size_t needed = std::clamp<size_t>(known(memory) / kGrowth, 1, kEnoughNew);
  // As it was asked for at first: whoever takes up a cycle that was cut off must not change it, an
  // erasure runs it again by its payload.
  const bool forced = payload.find(kForced) != nullptr;
  const bool wait = !forced && waiting < needed && history.waited_cycles(head) < kLongestWait;
  Json told = Json::object();
  told["examples"] = static_cast<uint64_t>(wait ? waiting : 0);
  told["needed"] = static_cast<uint64_t>(needed);
  if (payload.find(kWaiting) == nullptr) payload[kWaiting] = Json::object();
  payload[kWaiting][head_name(head)] = std::move(told);
  return wait;
}

// Whether it is trained though this cycle brought nothing new: what earlier ones brought has
// waited.
bool LearningCycle::Run::has_waited(Head head) const {
  const Json* waiting = payload.find(kWaiting);
  const Json* told = waiting == nullptr ? nullptr : waiting->find(head_name(head));
  return told != nullptr && told->at("examples").as_uint() == 0;
}

// With the judgement, when it is settled what was trained.
void LearningCycle::Run::keep_what_waits(Transaction& transaction) {
  const Json* waiting = payload.find(kWaiting);
  if (waiting == nullptr) return;
  for (const Head head : all_heads()) {
    if (const Json* told = waiting->find(head_name(head)))
      keep_waiting(transaction, tenant(), head, told->at("examples").as_uint());
  }
}

void LearningCycle::Run::train(Head head) {
  if (request.tune && head->kind != HeadKind::kLabel) return;
  need_examples();
  if (wait_for_more(head)) return;
  CandidateData data;
  for (const auto& e : fresh) {
    if (e.split != Split::kCertify) data.fresh.push_back(e);
  }
  for (const auto& e : memory) {
    if (e.split != Split::kCertify) data.memory.push_back(e);
  }
  data.unlabelled = unlabelled_texts();
  if (vectors != nullptr) data.encoder = {find_encoder(*live).name, vectors};
  CandidateOptions options = settings().candidate;
  options.postpone_tuning = !request.tune;
  options.converging_only = request.tune;
  options.without_news = request.tune || has_waited(head);
  payload["examples_created"] = static_cast<uint64_t>(fresh.size());
  auto trained = train_one(head, std::move(data), options);
  if (!trained) return;
  save_candidate(cycle.env_, folder() / folder_name(head), *trained);
  FileCheckpoint(cycle.env_, folder() / (folder_name(head) + ".checkpoint")).remove();
  if (payload.find("candidates") == nullptr) payload["candidates"] = Json::object();
  payload["candidates"][head_name(head)] = describe(*trained);
  note_tuning(*trained);
  candidates.push_back(*std::move(trained));
}

// What forerunners say of what they have not seen stays in the payload until it is judged.
void LearningCycle::Run::try_forerunners(Head head) {
  const Json* tried = payload.find("candidates");
  if (request.tune || head->kind != HeadKind::kLabel || tried == nullptr ||
      tried->find(head_name(head)) == nullptr)
    return;
  need_examples();
  EncoderLink encoder;
  if (vectors != nullptr) encoder = {find_encoder(*live).name, vectors};
  CandidateOptions quick = settings().candidate;
  quick.converging_only = quick.postpone_tuning = true;
  need_candidates();
  for (const CandidateHead& candidate : candidates) {
    if (candidate.head == head) quick.calibrated_as = candidate.trained.component.get();
  }
  const CycleHistory history(cycle.store_, tenant(), record.cycle_id);
  const double share = history.named_share(payload.find("curation"));
  std::vector<LabelOutcome> outcomes;
  for (size_t i = 0; i < kForerunners; ++i) {
    const Fold fold{.index = i, .by_author = settings().curate.defence.min_label_authors > 1};
    const auto unseen = judges(unseen_by_forerunner(memory, fresh, head, fold), share);
    if (unseen.empty()) continue;
    const auto forerunner =
        train_one(head, forerunner_data(memory, fresh, head, fold, encoder), quick);
    if (!forerunner) continue;
    for (LabelOutcome& outcome : outcomes_of(*forerunner, *live, unseen))
      outcomes.push_back(std::move(outcome));
  }
  keep_outcomes(payload, head, incumbent_digest(head), outcomes);
}

// Tuning that came to nothing is due again once there are half as many examples more.
void LearningCycle::Run::note_tuning(const CandidateHead& candidate) {
  if (!request.tune && !candidate.tuning_is_due) return;
  const CycleHistory history(cycle.store_, tenant(), record.cycle_id);
  if (request.tune) {
    write([&](Transaction& t) { keep_tuned(t, tenant(), candidate.head, candidate.examples); });
  } else if (2 * candidate.examples > 3 * history.tuned_with(candidate.head)) {
    payload[kTuningIsDue] = true;
  }
}

// Null: the live head's are all there are.
const CandidateHead* LearningCycle::Run::layers_for(Head head) {
  if (const auto known = waiting_layers.find(head); known != waiting_layers.end())
    return &known->second;
  const CycleHistory history(cycle.store_, tenant(), record.cycle_id);
  const std::string from = history.waiting_layers(head);
  if (from.empty() || vectors == nullptr) return nullptr;
  const Path place = generations.workspace() / "cycles" / from / folder_name(head);
  auto layers = load_candidate(cycle.env_, place, head, *live, {find_encoder(*live).name, vectors});
  if (!layers) return nullptr;
  return &waiting_layers.emplace(head, *std::move(layers)).first->second;
}

std::optional<CandidateHead> LearningCycle::Run::train_one(Head head, CandidateData data,
                                                           CandidateOptions options) {
  const CandidateHead* layers = request.tune ? nullptr : layers_for(head);
  if (layers != nullptr) data.layers = layers->trained.component.get();
  for (const Head other : all_heads()) {
    if (other != head) options.left_out.insert(other);
  }
  FileCheckpoint checkpoint(cycle.env_, folder() / (folder_name(head) + ".checkpoint"));
  if (request.tune) options.checkpoint = &checkpoint;
  std::vector<CandidateHead> trained;
  for (bool done = false; !done;) {
    try {
      trained = train_candidates(*live, data, options, progress, warnings);
      done = true;
    } catch (const std::bad_alloc&) {
      if (options.train.batch_size < 2) throw;
      options.train.batch_size /= 2;
      payload[kShortOfMemory] = true;
      warnings.push_back("memory is short: " + std::string(head_name(head)) +
                         " is trained in batches of " + std::to_string(options.train.batch_size));
    }
  }
  if (trained.empty()) return std::nullopt;
  if (layers != nullptr) add_examples(trained.front(), layers->example_ids);
  return std::move(trained.front());
}

}  // namespace pawl::learn

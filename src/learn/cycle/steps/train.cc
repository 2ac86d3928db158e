// Candidates and forerunners, a head a step.
#include "learn/cycle/candidate_folder.h"
#include "learn/cycle/run.h"
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

}  // namespace

std::vector<std::string> LearningCycle::Run::unlabelled_texts() {
  SequenceRange range{record.from_sequence, record.to_sequence};
  range.limit = settings().candidate.rehearsal;
  return read_from(cycle.store_, [&](Transaction& t) { return t.unjudged_texts(tenant(), range); });
}

void LearningCycle::Run::train(Head head) {
  if (request.tune && head->kind != HeadKind::kLabel) return;
  need_examples();
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
  options.converging_only = options.without_news = request.tune;
  train_one(head, data, options, "candidate");
  payload["examples_created"] = static_cast<uint64_t>(fresh.size());
}

// Where the last cycle replaced the head, a forerunner would be what is live.
void LearningCycle::Run::train_forerunner(Head head) {
  const Json* tried = payload.find("candidates");
  if (request.tune || tried == nullptr || tried->find(head_name(head)) == nullptr) return;
  if (CycleHistory(cycle.store_, tenant(), record.cycle_id).changed_last(head)) return;
  need_examples();
  EncoderLink encoder;
  if (vectors != nullptr) encoder = {find_encoder(*live).name, vectors};
  CandidateOptions quick = settings().candidate;
  quick.converging_only = quick.postpone_tuning = true;
  train_one(head, forerunner_data(memory, last_cycle, encoder), quick, "forerunner");
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

void LearningCycle::Run::train_one(Head head, const CandidateData& data, CandidateOptions options,
                                   const std::string& name) {
  for (const Head other : all_heads()) {
    if (other != head) options.left_out.insert(other);
  }
  auto trained = train_candidates(*live, data, options, progress, warnings);
  if (trained.empty()) return;
  const std::string head_is(head_name(head));
  save_candidate(cycle.env_, folder() / (name + "." + head_is), trained.front());
  if (payload.find("candidates") == nullptr) payload["candidates"] = Json::object();
  Json& told = payload["candidates"];
  if (name == "candidate") {
    told[head_is] = describe(trained.front());
    note_tuning(trained.front());
  } else {
    told[head_is]["forerunner"] = describe(trained.front());
  }
  (name == "candidate" ? candidates : forerunners).push_back(std::move(trained.front()));
}

}  // namespace pawl::learn

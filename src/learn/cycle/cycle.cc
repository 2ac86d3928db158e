#include "learn/cycle/cycle.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/folder_writer.h"
#include "base/hash.h"
#include "learn/cycle/candidate_folder.h"
#include "learn/cycle/cycle_history.h"
#include "learn/data/material.h"
#include "learn/judge/judge.h"
#include "learn/train/forerunner.h"
#include "learn/train/vector_cache.h"

namespace pawl::learn {
namespace {

// A cycle that was cut off this often is closed, and a new one begins over the same data: whatever
// kills it may hang on it.
constexpr int64_t kMaxStarts = 8;

// Texts looked at for each example a cycle may make: of some the evidence is not enough.
constexpr size_t kTextsPerExample = 4;

int64_t starts_of(const CycleRecord& cycle) {
  const Json payload = parse_json(cycle.payload);
  const Json* starts = payload.find("starts");
  return starts != nullptr ? starts->as_int() : 0;
}

// Praised turns are thinned out to the share of misunderstood ones that have a label, each by its
// own hash.
bool stands_for_traffic(const LabeledExample& example, double named_share) {
  if (example.source != "rating") return true;
  constexpr uint64_t kSeed = 0x62616c61;  // apart from the seed of the splits
  const uint64_t hash = murmur2_64a(example.key.data(), example.key.size(), kSeed);
  return static_cast<double>(hash >> 11) * 0x1p-53 < named_share;
}

// Refused, and worse by more than chance explains: on a label, or all over.
bool did_harm(const HeadVerdict& verdict) {
  if (verdict.deploy || !verdict.judged) return false;
  const std::string worse = verdict.head + ".worse.";
  for (const GateTest& test : verdict.tests) {
    if (!test.passed && test.name.starts_with(worse)) return true;
  }
  const double before = verdict.incumbent.accuracy;
  const double error = std::sqrt(
      before * (1 - before) / static_cast<double>(std::max<size_t>(1, verdict.incumbent.support)));
  return verdict.candidate.accuracy < before - 2 * error;
}

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

const CandidateHead* find_candidate(const std::vector<CandidateHead>& candidates, Head head) {
  const auto found = std::find_if(candidates.begin(), candidates.end(),
                                  [&](const CandidateHead& c) { return c.head == head; });
  return found == candidates.end() ? nullptr : &*found;
}

void give_up(CycleRecord cycle, int64_t now, Transaction& transaction) {
  cycle.status = "failed";
  cycle.finished_at = now;
  cycle.reason = "closed after being cut off " + std::to_string(kMaxStarts) + " times";
  transaction.put_cycle(cycle);
}

// Tells the lease that the work goes on.
class RenewingProgress : public Progress {
 public:
  RenewingProgress(Progress& progress, Lease& lease) : progress_(progress), lease_(lease) {}
  void begin(std::string_view stage, uint64_t total) override {
    lease_.renew();
    progress_.begin(stage, total);
  }
  void advance(uint64_t steps) override {
    lease_.renew();
    progress_.advance(steps);
  }
  void note(std::string_view text) override { progress_.note(text); }
  void end() override { progress_.end(); }
  bool stop_requested() const override { return progress_.stop_requested(); }

 private:
  Progress& progress_;
  Lease& lease_;
};

constexpr const char* kTunes = "tunes";  // in the payload: what the cycle was asked for
constexpr const char* kTuningIsDue = "tuning_is_due";
constexpr const char* kSettled = "settled";  // in the payload: seconds by step

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

std::unique_ptr<Language> load_pipeline(Env& env, const Path& folder, Warnings& warnings) {
  return Language::from_disk(env, folder, &warnings);
}

struct LearningCycle::Run {
  LearningCycle& cycle;
  Generations generations;  // whose changes the lease guards
  Lease& lease;
  Progress& progress;
  Warnings& warnings;
  CycleRequest request;
  CycleRecord record = {};
  CycleResult result = {};
  Json payload = Json::object();
  std::unique_ptr<Language> live = {};
  std::string live_id = {};
  Path live_folder = {};
  std::vector<LabeledExample> memory = {}, fresh = {};  // old to new
  size_t last_cycle = 0;  // memory from here on is of the last cycle that kept examples
  bool loaded = false;    // memory and fresh are there
  std::unique_ptr<FileLock> hold = {};  // of the live folder
  std::vector<CandidateHead> candidates = {}, forerunners = {};
  std::shared_ptr<CachedVectors> vectors = {};  // null: the pipeline has no encoder

  const CycleSettings& settings() const { return cycle.settings_; }
  const std::string& tenant() const { return request.tenant; }
  // Nothing is written by a cycle whose lease another has taken.
  template <typename Work>
  void write(Work&& work) {
    write_to(cycle.store_, [&](Transaction& t) {
      t.require_lease(tenant(), lease.token());
      work(t);
    });
  }

  struct Step {
    std::string name, status;  // the cycle's status while it runs
    std::string timing;        // what the result calls the time of it and its kind
    std::function<void()> run;
    std::function<void(Transaction&)> rows = {};  // written as it is settled
  };
  std::vector<Step> steps();
  bool is_settled(const std::string& step) const;
  void settle(const Step& step, double seconds);
  void run_steps();
  void recall();
  bool incumbent_changed();
  bool was_live();

  void open();
  void begin_step(const std::string& status);
  bool collect();
  void preprocess();
  void load_live(const Path& folder);
  void load_examples();
  void load();
  void need_live();
  void need_examples();
  void need_candidates();
  void train(Head head);
  void train_forerunner(Head head);
  void train_one(Head head, const CandidateData& data, CandidateOptions options,
                 const std::string& name);
  Path folder() const { return generations.workspace() / "cycles" / record.cycle_id; }
  void validate();
  void publish();
  void finish(const std::string& status);
  void tidy_up();
  void sweep();
  void switch_live();
  CycleResult execute();
  double live_accuracy(Head head, double named_share) const;
  void note_tuning(const CandidateHead& candidate);
  std::string incumbent_digest(Head head) const;
  std::vector<LabelOutcome> forerunner_outcomes(Head head,
                                                const std::vector<LabeledExample>& unseen,
                                                const CycleHistory& history);
  std::vector<LabeledExample> judges(const std::vector<LabeledExample>& examples,
                                     double share) const;
  std::vector<std::string> unlabelled_texts();
  CurationContext curation_context() const;
  void set_aside_harmful(Transaction& transaction);
};

// Resumes what a killed process left, or opens a new cycle over everything since the last completed
// one.
void LearningCycle::Run::open() {
  const int64_t now = cycle.env_.now_micros();
  write([&](Transaction& t) {
    auto unfinished = t.unfinished_cycle(tenant());
    if (unfinished && starts_of(*unfinished) >= kMaxStarts) {
      give_up(*unfinished, now, t);
      unfinished.reset();
    }
    if (unfinished) {
      record = *unfinished;
      result.resumed = true;
    } else {
      record.tenant_id = tenant();
      record.cycle_id = new_uuid(cycle.env_);
      record.started_at = now;
      if (const auto earlier = t.last_completed_cycle(tenant()))
        record.from_sequence = earlier->to_sequence;
      record.to_sequence = t.high_water(tenant());
    }
    record.owner = std::to_string(lease.token());
    payload = parse_json(record.payload);
    if (result.resumed) {
      request.tune = payload.find(kTunes) != nullptr;
    } else if (request.tune) {
      payload[kTunes] = true;
    }
    payload["starts"] = starts_of(record) + 1;
    record.payload = to_json(payload);
    t.put_cycle(record);
  });
  result.cycle_id = record.cycle_id;
  result.tenant_id = tenant();
  result.started_at = record.started_at;
}

void LearningCycle::Run::begin_step(const std::string& status) {
  if (progress.stop_requested())
    throw Error(ErrorKind::kInterrupted, "the cycle was interrupted; 'pawl learn' resumes it");
  record.status = status;
  record.payload = to_json(payload);
  lease.renew();
  write([&](Transaction& t) { t.put_cycle(record); });
}

bool LearningCycle::Run::collect() {
  const SequenceRange range{record.from_sequence, record.to_sequence};
  bool waiting = false;
  read_from(cycle.store_, [&](Transaction& t) {
    result.data_collected = static_cast<size_t>(t.count_turns_judged(tenant(), range));
    waiting = !t.waiting(tenant()).empty();
  });
  if (request.tune || result.data_collected >= settings().min_data_threshold) return true;
  if (request.force && (result.data_collected > 0 || waiting)) return true;
  result.reason =
      std::to_string(result.data_collected) + " turns with feedback since the last cycle, " +
      std::to_string(settings().min_data_threshold) + " are needed (learning.min_data_threshold)";
  if (request.force) result.reason = "no turn with feedback since the last cycle";
  return false;
}

// Accuracy of the live head on held-out examples, pulled towards 0.7 while there are few.
double LearningCycle::Run::live_accuracy(Head head, double named_share) const {
  constexpr double kPriorRight = 7, kPriorCount = 10;
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
  if (incumbent == nullptr || held_out.empty()) return kPriorRight / kPriorCount;
  const auto examples = to_examples(held_out, head, *live);
  const double n = static_cast<double>(examples.size());
  return (score_head(*incumbent, head, examples) * n + kPriorRight) / (n + kPriorCount);
}

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
  if (!loaded) load_examples();
  loaded = true;
}

void LearningCycle::Run::load_examples() {
  Dataset data = read_from(cycle.store_, [&](Transaction& t) {
    return load_dataset(t, tenant(), record.cycle_id, settings().max_memory, labels_of(*live),
                        settings().curate.defence);
  });
  memory = std::move(data.memory);
  fresh = std::move(data.fresh);
  last_cycle = data.last_cycle;
}

void LearningCycle::Run::preprocess() {
  if (payload.find("curation") != nullptr) return;  // settled before the cycle was cut off
  need_live();
  load_examples();
  CurateOptions options = settings().curate;
  const SequenceRange range{record.from_sequence, record.to_sequence};
  const Material material = read_from(cycle.store_, [&](Transaction& t) {
    return read_material(t, tenant(), range, kTextsPerExample * options.max_examples);
  });
  const CycleHistory history(cycle.store_, tenant(), record.cycle_id);
  const double share = history.named_share(nullptr);
  for (const Head head : all_heads()) {
    if (head->kind == HeadKind::kLabel) options.model_accuracy[head] = live_accuracy(head, share);
  }
  const Curated curated = curate(material.groups, *live, material.splits, options);
  Json left_out = Json::object();
  for (const auto& [reason, count] : curated.left_out)
    left_out[reason] = static_cast<uint64_t>(count);
  left_out["named"] = static_cast<uint64_t>(curated.named);
  left_out["unnamed"] = static_cast<uint64_t>(curated.unnamed);
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

// What a candidate that did harm was taught is set aside, and its forerunner's outcomes, judged on
// the same, count for nothing.
void LearningCycle::Run::set_aside_harmful(Transaction& transaction) {
  for (size_t i = 0; i < result.verdicts.size(); ++i) {
    if (!did_harm(result.verdicts[i])) continue;
    const Head head = candidates[i].head;
    if (Json* unseen = payload.find("unseen")) unseen->erase(head_name(head));
    set_aside(transaction, curation_context(), head);
  }
}

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

// Those that a run before this one trained come from the disk.
void LearningCycle::Run::need_candidates() {
  need_live();
  EncoderLink encoder;
  if (vectors != nullptr) encoder = {find_encoder(*live).name, vectors};
  const auto recall = [&](const std::string& name, std::vector<CandidateHead> known) {
    std::vector<CandidateHead> all;
    for (const Head head : all_heads()) {
      const auto found = std::find_if(known.begin(), known.end(),
                                      [&](const CandidateHead& c) { return c.head == head; });
      if (found != known.end()) {
        all.push_back(std::move(*found));
        continue;
      }
      const Path place = folder() / (name + "." + std::string(head_name(head)));
      auto loaded_one = load_candidate(cycle.env_, place, head, *live, encoder);
      if (loaded_one) all.push_back(*std::move(loaded_one));
    }
    return all;
  };
  candidates = recall("candidate", std::move(candidates));
  forerunners = recall("forerunner", std::move(forerunners));
}

// A digest of the live head's weights: what outcomes of earlier cycles were compared with.
std::string LearningCycle::Run::incumbent_digest(Head head) const {
  const Path file = live_folder / component_name(head) / "model";
  return cycle.env_.exists(file) ? blake2b_hex(cycle.env_.read_file(file)) : std::string();
}

// The newest of these that stand for the traffic.
std::vector<LabeledExample> LearningCycle::Run::judges(const std::vector<LabeledExample>& examples,
                                                       double share) const {
  std::vector<LabeledExample> chosen;
  for (const auto& e : examples) {
    if (stands_for_traffic(e, share)) chosen.push_back(e);
  }
  if (chosen.size() > settings().max_certify) {
    chosen.erase(chosen.begin(),
                 chosen.end() - static_cast<std::ptrdiff_t>(settings().max_certify));
  }
  return chosen;
}

// This cycle's forerunner and the last one's.
std::vector<LabelOutcome> LearningCycle::Run::forerunner_outcomes(
    Head head, const std::vector<LabeledExample>& unseen, const CycleHistory& history) {
  const CandidateHead* forerunner = find_candidate(forerunners, head);
  if (forerunner == nullptr) return {};
  const std::string incumbent = incumbent_digest(head);
  std::vector<LabelOutcome> outcomes = outcomes_of(*forerunner, *live, unseen);
  keep_outcomes(payload, head, incumbent, outcomes);
  const auto earlier = history.forerunners(head, incumbent, settings().max_certify);
  outcomes.insert(outcomes.end(), earlier.begin(), earlier.end());
  return outcomes;
}

void LearningCycle::Run::validate() {
  need_examples();
  need_candidates();
  const CycleHistory history(cycle.store_, tenant(), record.cycle_id);
  const double share = history.named_share(payload.find("curation"));
  std::vector<LabeledExample> held_out;
  for (const auto* part : {&memory, &fresh}) {
    for (const auto& e : *part) {
      if (e.split == Split::kCertify) held_out.push_back(e);
    }
  }
  const auto certify = judges(held_out, share);
  const auto unseen = judges(unseen_by_forerunner(memory, fresh), share);
  progress.begin("validating", candidates.size());
  for (const CandidateHead& candidate : candidates) {
    GateOptions options = settings().gate;
    options.threshold = settings().thresholds.at(candidate.head);
    options.attempt = history.attempts(candidate.head);
    options.seed = settings().candidate.train.seed;
    result.verdicts.push_back(judge_candidate(
        candidate, *live, certify, options, forerunner_outcomes(candidate.head, unseen, history)));
    progress.advance();
  }
  progress.end();
  result.overall = hold_to_bars(result.verdicts, settings().bars);
  if (vectors != nullptr) vectors->save();
}

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
  made.details = to_json(details);
  made.example_ids.assign(trained_on.begin(), trained_on.end());
  const GenerationRecord generation =
      generations.publish(made, [&](const Path& folder) { next->to_disk(cycle.env_, folder); });
  payload["backup_id"] = generations.back_up(live_id);
  payload["generation"] = generation.generation_id;
}

// Only from what was live when the cycle began: what a person chose meanwhile stays.
void LearningCycle::Run::switch_live() {
  if (result.generation.empty()) return;
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

// What the steps before settled, as far as the result tells of it.
void LearningCycle::Run::recall() {
  const auto text = [&](const char* key) {
    const Json* value = payload.find(key);
    return value != nullptr ? value->as_string() : std::string();
  };
  const auto count = [&](const char* key) {
    const Json* value = payload.find(key);
    return value != nullptr ? static_cast<size_t>(value->as_uint()) : size_t{0};
  };
  if (live_id.empty()) live_id = text("live");
  result.data_collected = count("data_collected");
  result.examples_created = count("examples_created");
  const Json* tried = payload.find("candidates");
  result.training_success = tried != nullptr && !tried->as_object().empty();
  result.tuning_is_due = payload.find(kTuningIsDue) != nullptr;
  result.reason = text("reason");
  result.rollback_performed = payload.find("rollback_performed") != nullptr;
  result.generation = text("generation");
  result.backup_id = text("backup_id");
  if (result.verdicts.empty() && is_settled("judge")) {
    result.verdicts = judgement_of(cycle.store_, record);
    result.overall = hold_to_bars(result.verdicts, settings().bars);
  }
}

bool LearningCycle::Run::is_settled(const std::string& step) const {
  const Json* settled = payload.find(kSettled);
  return settled != nullptr && settled->find(step) != nullptr;
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

std::vector<LearningCycle::Run::Step> LearningCycle::Run::steps() {
  std::vector<Step> all = {
      {"load", "collecting_data", "load", [this] { load(); }},
      {"curate", "preprocessing", "preprocess", [this] { preprocess(); }},
  };
  for (const Head head : all_heads()) {
    const std::string name(head_name(head));
    all.push_back({"train." + name, "training", "train", [this, head] { train(head); }});
    all.push_back(
        {"forerunner." + name, "training", "train", [this, head] { train_forerunner(head); }});
  }
  all.push_back({"judge", "validating", "validate", [this] { validate(); },
                 [this](Transaction& t) {
                   set_aside_harmful(t);
                   keep_judgement(t, record, result.verdicts, payload);
                 }});
  all.push_back({"publish", "validating", "deploy", [this] { publish(); }});
  all.push_back({"activate", "validating", "deploy", [this] { switch_live(); },
                 [this](Transaction& t) {
                   if (!result.generation.empty() && !result.rollback_performed)
                     keep_deployed(t, record);
                 }});
  return all;
}

void LearningCycle::Run::settle(const Step& step, double seconds) {
  if (payload.find(kSettled) == nullptr) payload[kSettled] = Json::object();
  payload[kSettled][step.name] = seconds;
  payload["starts"] = int64_t{1};
  write([&](Transaction& t) {
    if (step.rows) step.rows(t);
    record.payload = to_json(payload);
    t.put_cycle(record);
  });
  if (request.settled) request.settled(step.name);
}

void LearningCycle::Run::run_steps() {
  for (const Step& step : steps()) {
    if (!is_settled(step.name)) {
      begin_step(step.status);
      const auto start = std::chrono::steady_clock::now();
      step.run();
      recall();
      settle(step, seconds_since(start));
    }
    result.timings[step.timing] += payload.at(kSettled).at(step.name).as_double();
  }
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
  for (const std::string& id : cycle.env_.list_directory(cycles)) {
    const auto known =
        read_from(cycle.store_, [&](Transaction& t) { return t.cycle(tenant(), id); });
    if (known && known->finished_at) cycle.env_.remove_all(cycles / id);
  }
}

void LearningCycle::Run::finish(const std::string& status) {
  result.status = status;
  result.finished_at = cycle.env_.now_micros();
  if (const Json* curation = payload.find("curation")) result.curation = *curation;
  if (const Json* tried = payload.find("candidates")) result.candidates = *tried;
  record.status = status;
  record.finished_at = result.finished_at;
  record.reason = result.reason.empty() ? result.error_message : result.reason;
  record.generation_id = result.generation;
  record.payload = to_json(payload);
  record.result = to_json(to_json_value(result));
  EventRecord event;
  event.tenant_id = tenant();
  event.at = result.finished_at;
  event.actor = "cycle";
  event.kind = "cycle." + status;
  event.subject = record.cycle_id;
  Json details = Json::object();
  details["reason"] = record.reason;
  details["generation"] = result.generation;
  event.details = to_json(details);
  write([&](Transaction& t) {
    t.put_cycle(record);
    t.add_event(event);
    if (status == "completed") count_named(t, tenant(), result.curation);
  });
}

CycleResult LearningCycle::Run::execute() {
  open();
  recall();
  try {
    sweep();
    if (!is_settled("load")) {
      begin_step("collecting_data");
      const auto start = std::chrono::steady_clock::now();
      const bool enough = collect();
      result.timings["collect"] = seconds_since(start);
      if (!enough) {
        finish("skipped");
        return result;
      }
    }
    if (incumbent_changed()) {
      result.rollback_performed = true;
      result.reason =
          "generation " + live_id + ", from which this cycle began, is not live any more";
    } else {
      payload["data_collected"] = static_cast<uint64_t>(result.data_collected);
      run_steps();
    }
    for (const auto& [name, seconds] : std::map(result.timings)) result.timings["total"] += seconds;
    result.model_improved = !result.generation.empty() && !result.rollback_performed;
    // What went live and was taken back has been learnt from; else the turns are looked at again.
    finish(result.rollback_performed && !was_live() ? "rolled_back" : "completed");
    tidy_up();
    sweep();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInterrupted || error.kind() == ErrorKind::kIo ||
        error.kind() == ErrorKind::kBusy)
      throw;
    result.error_message = error.what();
    finish("failed");
  }
  return result;
}

LearningCycle::LearningCycle(Env& env, Store& store, Generations& generations,
                             CycleSettings settings)
    : env_(env), store_(store), generations_(generations), settings_(std::move(settings)) {}

CycleResult LearningCycle::run(const CycleRequest& request, Progress& progress,
                               Warnings& warnings) {
  const auto lease = store_.acquire_lease(request.tenant);
  if (lease == nullptr) {
    throw Error(ErrorKind::kBusy, "another 'pawl learn' is at work for tenant \"" + request.tenant +
                                      "\"; try again when it has finished");
  }
  RenewingProgress renewing(progress, *lease);
  Run run{.cycle = *this,
          .generations = generations_.fenced(lease->token()),
          .lease = *lease,
          .progress = renewing,
          .warnings = warnings,
          .request = request};
  return run.execute();
}

}  // namespace pawl::learn

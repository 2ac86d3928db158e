#include "learn/cycle/cycle.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/hash.h"
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

  void open();
  void begin_step(const std::string& status);
  bool collect();
  void preprocess();
  void load_live(const Path& folder);
  void load_examples();
  void train();
  void validate();
  void deploy();
  void finish(const std::string& status);
  void tidy_up();
  void switch_live();
  bool finish_deployment();
  CycleResult execute();
  double live_accuracy(Head head, double named_share) const;
  std::string incumbent_digest(Head head) const;
  std::vector<LabelOutcome> forerunner_outcomes(Head head,
                                                const std::vector<LabeledExample>& unseen,
                                                const CycleHistory& history);
  std::vector<LabeledExample> judges(const std::vector<LabeledExample>& examples,
                                     double share) const;
  std::vector<std::string> unlabelled_texts();
  CurationContext curation_context() const;
  void set_aside_harmful();
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
      for (const CycleRecord& earlier : t.recent_cycles(tenant(), 1000)) {
        if (earlier.status == "completed") {
          record.from_sequence = earlier.to_sequence;
          break;
        }
      }
      record.to_sequence = t.high_water(tenant());
    }
    record.owner = std::to_string(lease.token());
    payload = parse_json(record.payload);
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
  if (result.data_collected >= settings().min_data_threshold) return true;
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

// The live pipeline, its heads reading vectors that were computed before from the workspace.
void LearningCycle::Run::load_live(const Path& folder) {
  live = load_pipeline(cycle.env_, folder, warnings);
  live_folder = folder;
  if (!settings().encoder.empty()) add_encoder(cycle.env_, *live, settings().encoder);
  vectors = cache_vectors(*live, cycle.store_, tenant());
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
void LearningCycle::Run::set_aside_harmful() {
  for (size_t i = 0; i < result.verdicts.size(); ++i) {
    if (!did_harm(result.verdicts[i])) continue;
    const Head head = candidates[i].head;
    if (Json* unseen = payload.find("unseen")) unseen->erase(head_name(head));
    write([&](Transaction& t) { set_aside(t, curation_context(), head); });
  }
}

std::vector<std::string> LearningCycle::Run::unlabelled_texts() {
  SequenceRange range{record.from_sequence, record.to_sequence};
  range.limit = settings().candidate.rehearsal;
  return read_from(cycle.store_, [&](Transaction& t) { return t.unjudged_texts(tenant(), range); });
}

void LearningCycle::Run::train() {
  load_examples();
  result.examples_created = fresh.size();
  CandidateData data;
  for (const auto& e : fresh) {
    if (e.split != Split::kCertify) data.fresh.push_back(e);
  }
  for (const auto& e : memory) {
    if (e.split != Split::kCertify) data.memory.push_back(e);
  }
  data.unlabelled = unlabelled_texts();
  if (vectors != nullptr) data.encoder = {find_encoder(*live).name, vectors};
  candidates = train_candidates(*live, data, settings().candidate, progress, warnings);
  result.training_success = !candidates.empty();
  CandidateOptions quick = settings().candidate;
  quick.converging_only = true;
  const CycleHistory history(cycle.store_, tenant(), record.cycle_id);
  for (Head head : all_heads()) {
    if (history.changed_last(head)) quick.left_out.insert(head);
  }
  forerunners = train_candidates(*live, forerunner_data(memory, last_cycle, data.encoder), quick,
                                 progress, warnings);
  Json tried = Json::object();
  for (const CandidateHead& c : candidates) tried[head_name(c.head)] = describe(c);
  for (const CandidateHead& c : forerunners) {
    if (Json* head = tried.find(head_name(c.head))) (*head)["forerunner"] = describe(c);
  }
  payload["candidates"] = std::move(tried);
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
  set_aside_harmful();
}

void LearningCycle::Run::deploy() {
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
  result.backup_id = generations.back_up(live_id);
  result.generation = generation.generation_id;
  result.model_improved = true;
  // From here on a resumed cycle only has to switch the pointer.
  payload["deploying"] = generation.generation_id;
  payload["result"] = to_json_value(result);
  begin_step("validating");
  switch_live();
}

// Only from what was live when the cycle began: what a person chose meanwhile stays.
void LearningCycle::Run::switch_live() {
  const Activation outcome =
      generations.activate({result.generation, "deploy", result.reason, record.cycle_id}, live_id);
  if (outcome == Activation::kLive) return;
  result.model_improved = false;
  result.rollback_performed = true;
  result.reason =
      "not deployed: generation " + result.generation +
      (outcome == Activation::kRejected ? " or one it descends from was rolled back"
                                        : " was made from one that is not live any more") +
      "; " + result.reason;
}

// The cycle is over by now: what goes wrong here is no failure of it, and the next one tries again.
void LearningCycle::Run::tidy_up() {
  try {
    generations.prune(settings().keep_generations, settings().backup_retention_days);
  } catch (const Error& error) {
    warnings.push_back("older generations were not tidied up: " + std::string(error.what()));
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
  });
}

// A cycle killed between publishing and switching: everything is decided, only the pointer may be
// missing.
bool LearningCycle::Run::finish_deployment() {
  const Json* deploying = payload.find("deploying");
  if (deploying == nullptr) return false;
  const Json& decided = payload.at("result");
  result.generation = deploying->as_string();
  const auto made = read_from(
      cycle.store_, [&](Transaction& t) { return t.generation(tenant(), result.generation); });
  if (made) live_id = made->parent_id;
  result.model_improved = true;
  result.training_success = true;
  result.reason = decided.at("reason").as_string();
  result.data_collected = decided.at("data_collected").as_uint();
  result.examples_created = decided.at("examples_created").as_uint();
  if (const Json& backup = decided.at("backup_id"); backup.is_string())
    result.backup_id = backup.as_string();
  switch_live();
  finish(result.model_improved ? "completed" : "rolled_back");
  return true;
}

CycleResult LearningCycle::Run::execute() {
  const auto start = std::chrono::steady_clock::now();
  open();
  auto timed = [&](const char* name, auto&& step) {
    const auto from = std::chrono::steady_clock::now();
    step();
    result.timings[name] = seconds_since(from);
  };
  try {
    generations.sweep();
    if (finish_deployment()) return result;
    begin_step("collecting_data");
    bool enough = false;
    timed("collect", [&] { enough = collect(); });
    if (!enough) {
      finish("skipped");
      return result;
    }
    auto opened = generations.open_or_replace_live();
    if (!opened)
      throw Error(ErrorKind::kNotFound,
                  "tenant \"" + tenant() + "\" has no generation; run 'pawl init' first");
    live_id = opened->record.generation_id;
    for (const auto& w : opened->warnings) warnings.push_back(w);
    timed("load", [&] { load_live(opened->pipeline); });
    begin_step("preprocessing");
    timed("preprocess", [&] { preprocess(); });
    begin_step("training");
    timed("train", [&] { train(); });
    begin_step("validating");
    timed("validate", [&] { validate(); });
    if (vectors != nullptr) vectors->save();
    timed("deploy", [&] { deploy(); });
    result.timings["total"] = seconds_since(start);
    finish(result.rollback_performed ? "rolled_back" : "completed");
    tidy_up();
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
  Run run{.cycle = *this,
          .generations = generations_.fenced(lease->token()),
          .lease = *lease,
          .progress = progress,
          .warnings = warnings,
          .request = request};
  return run.execute();
}

}  // namespace pawl::learn

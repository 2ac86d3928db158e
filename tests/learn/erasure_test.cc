#include "learn/erasure/erasure.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "base/error.h"
#include "base/hash.h"
#include "learn/cycle/cycle.h"
#include "learn/deploy/rollout_record.h"
#include "learn/intake/collect.h"
#include "store/sqlite/sqlite_store.h"
#include "tests/base/faulty_env.h"
#include "tests/learn/topics.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::learn {
namespace {

using test::component_block;
using test::FaultyEnv;
using test::kTinyBow;
using test::TemporaryFolder;

constexpr const char* kAnn = "u-zq7731x";
// What is in every text, id and label that is Ann's alone.
constexpr const char* kTraces[] = {"zq7731x", "zanzibar", "annslabel"};

CycleSettings quick_settings() {
  CycleSettings settings;
  settings.min_data_threshold = 10;
  settings.keep_generations = 2;
  settings.curate.validation_split = 0.4;
  settings.curate.quality_threshold = 0.5;
  settings.candidate.train.n_iter = 4;
  settings.candidate.train.min_updates = 40;
  settings.candidate.train.learn_rate = 0.05;
  settings.candidate.scratch_limit = 0;
  for (const Head head : all_heads()) settings.thresholds[head] = 0.1;
  settings.gate.min_examples = 10;
  settings.gate.alpha = 4;  // what is no lower goes live: both cycles change the weights
  return settings;
}

std::vector<SelfAnalysis> answers_of(const Language& live, std::span<const std::string> texts) {
  std::vector<SelfAnalysis> out;
  for (const Doc& doc : live.pipe(texts)) {
    SelfAnalysis& said = out.emplace_back();
    for (const auto& [label, score] : label_scores(doc, Head::kIntent)) {
      if (score <= said.intent_confidence) continue;
      said.intent = label;
      said.intent_confidence = score;
    }
  }
  return out;
}

// A workspace and what happens in it.
struct World {
  TemporaryFolder folder;
  FaultyEnv env;
  size_t anns_first = SIZE_MAX;  // turn from which on Ann takes part

  World() = default;
  explicit World(const World& from) : anns_first(from.anns_first) {
    std::filesystem::copy(from.folder.path(), folder.path(),
                          std::filesystem::copy_options::recursive);
  }

  std::unique_ptr<Store> open() { return open_sqlite_store(env, folder.path() / "pawl.db"); }
  Generations generations(Store& store) { return {env, store, folder.path(), "t"}; }

  void begin() {
    auto live = test::tiny_blank();
    live->add_pipe("intent", component_block(kTinyBow));
    std::vector<LabeledExample> seeds;
    for (const auto& [label, words] : topics()) {
      LabeledExample& e = seeds.emplace_back();
      e.text = words;
      e.heads[Head::kIntent].label = label;
    }
    Rng rng(1);
    find_head(*live, Head::kIntent)
        ->initialize(to_examples(seeds, Head::kIntent, *live), rng, Progress::silent());
    auto store = open();
    Generations all = generations(*store);
    const auto first = all.publish({}, [&](const Path& place) { live->to_disk(env, place); });
    all.activate({first.generation_id, "init", "test"}, "");
  }

  class Model : public CollectModel {
   public:
    Model(FaultyEnv& env, LiveGeneration live)
        : id_(live.record.generation_id), live_(Language::from_disk(env, live.pipeline, nullptr)) {}
    std::string generation_id() const override { return id_; }
    std::vector<SelfAnalysis> analyze(std::span<const std::string> texts) override {
      return answers_of(*live_, texts);
    }

   private:
    std::string id_;
    std::unique_ptr<Language> live_;
  };

  // The same from everybody else, whether Ann takes part or not.
  void talk(size_t from, size_t to) {
    auto store = open();
    Model model(env, *generations(*store).open_live());
    Collector collector(env, *store, model, {.tenant_id = "t"});
    for (size_t i = from; i < to; ++i) {
      const bool anns = i % 7 == 3;
      if (anns && i < anns_first) continue;
      const auto& [label, words] = topics()[i % topics().size()];
      const std::string n = std::to_string(i);
      TurnInput turn;
      turn.turn_id = (anns ? "turn-zq7731x-" : "turn-") + n;
      turn.conversation_id = (anns ? "talk-zq7731x-" : "talk-") + n;
      turn.user_id = anns ? kAnn : "user-" + std::to_string(i % 23);
      turn.user_text = words + (anns ? "zanzibar" : "thing") + n;
      // Others say some of it, too.
      if (anns && i % 2 == 0) turn.user_text = words + "thing" + std::to_string(i + 3);
      turn.consent = true;
      FeedbackInput& said = turn.feedback.emplace();
      if (anns)
        said.corrected_intent = i % 3 == 0 ? "annslabel" : topics()[(i + 1) % 3].first;
      else if (i % 5 == 1)
        said.satisfaction_score = 0.95;
      else if (i % 5 == 2)
        said.satisfaction_score = 0.05;
      else if (i % 5 > 2)
        said.corrected_intent = label;
      collector.add_turn(i, turn);
      if (anns || i % 10 != 6 || i < anns_first) continue;
      FeedbackInput about_other;
      about_other.turn_id = turn.turn_id;
      about_other.author = kAnn;
      about_other.corrected_intent = topics()[(i + 1) % 3].first;
      collector.add_feedback(i, about_other);
    }
    collector.flush();
    EXPECT_EQ(collector.summary().rejected, 0u);
    if (anns_first >= to) return;
    MemoryRecord memory;
    memory.tenant_id = "t";
    memory.memory_id = "m-zq7731x-" + std::to_string(from);
    memory.user_id = kAnn;
    memory.content = "likes zanzibar a lot";
    write_to(*store, [&](Transaction& t) { t.put_memory(memory); });
  }

  CycleResult run(Store& store, CycleRequest request, const CycleSettings& settings) {
    Generations all = generations(store);
    LearningCycle cycle(env, store, all, settings);
    Warnings warnings;
    return cycle.run(request, Progress::silent(), warnings);
  }
  CycleResult learn(const CycleSettings& settings = quick_settings()) {
    auto store = open();
    CycleRequest request;
    request.tenant = "t";
    request.force = true;
    request.settings = Json::object();
    return run(*store, request, settings);
  }

  ErasureHooks hooks(Store& store, std::function<void(const std::string&)> settled = {}) {
    ErasureHooks hooks;
    hooks.run_cycle = [&](const Json&, const CycleRequest& request) {
      return run(store, request, quick_settings());
    };
    hooks.analyze = [&](std::span<const std::string> texts, std::string& id) {
      const auto live = generations(store).open_live();
      id = live->record.generation_id;
      return answers_of(*Language::from_disk(env, live->pipeline, nullptr), texts);
    };
    hooks.settled = std::move(settled);
    return hooks;
  }

  std::optional<ErasureReceipt> go_on(Store& store,
                                      std::function<void(const std::string&)> settled = {}) {
    Generations all = generations(store);
    return Erasure(env, store, all, "t").go_on(hooks(store, std::move(settled)));
  }
  ErasureReceipt begin_erasure(Store& store) {
    Generations all = generations(store);
    return Erasure(env, store, all, "t").begin(kAnn, "tester");
  }
  ErasureReceipt erase() {
    auto store = open();
    begin_erasure(*store);
    return go_on(*store).value();
  }

  // Every file of what is live, in one digest; its generation's name is not in them.
  std::string weights() {
    auto store = open();
    const auto live = generations(*store).open_live();
    EXPECT_FALSE(live->degraded);
    Blake2b hash;
    for (const std::string& name : env.list_files(live->pipeline)) {
      hash.update(name);
      hash.update(env.read_file(live->pipeline / name));
    }
    return hash.hex();
  }
  // Of what is live: its phase, how many generations before it it is compared with, over how many
  // turns of each.
  std::string watch() {
    auto store = open();
    const auto t = store->begin_read();
    std::vector<std::string> usable;  // the oldest first
    for (const auto& g : t->generations("t")) {
      if (g.state != "unusable") usable.insert(usable.begin(), g.generation_id);
    }
    const std::string live = t->live("t")->generation_id;
    const auto rollout = read_rollout(*t, "t", live);
    const auto place = [&](const std::string& id) {
      return std::find(usable.begin(), usable.end(), id) - usable.begin();
    };
    const auto answered = [&](const std::string& id, int64_t after) {
      return std::to_string(t->turns_answered_by("t", id, {after, INT64_MAX, 1000}).size());
    };
    return rollout->phase + ", " + std::to_string(place(live) - place(rollout->baseline_id)) +
           " before, over " + answered(live, rollout->from_sequence) + " and " +
           answered(rollout->baseline_id, 0) + " turns";
  }
  // Files in which something of Ann's is left.
  std::vector<std::string> traces() {
    std::vector<std::string> found;
    for (const std::string& name : env.list_files(folder.path())) {
      const std::string bytes = env.read_file(folder.path() / name);
      for (const char* trace : kTraces) {
        if (bytes.find(trace) != std::string::npos || name.find(trace) != std::string::npos)
          found.push_back(name + ": " + trace);
      }
    }
    return found;
  }
};

// Two cycles over what everybody says, and words for a third.
void live_through(World& world) {
  world.begin();
  world.talk(0, 90);
  world.learn();
  world.talk(90, 180);
  world.learn();
  world.talk(180, 240);
}

class ErasureTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    with_ = new World();
    with_->anns_first = 0;
    live_through(*with_);
    late_ = new World();
    late_->anns_first = 90;
    live_through(*late_);
    without_ = new World();
    live_through(*without_);
  }
  static void TearDownTestSuite() {
    delete with_;
    delete late_;
    delete without_;
  }

  static World* with_;     // Ann is there from the beginning
  static World* late_;     // from the second cycle on
  static World* without_;  // never
};
World* ErasureTest::with_ = nullptr;
World* ErasureTest::late_ = nullptr;
World* ErasureTest::without_ = nullptr;

TEST_F(ErasureTest, TheWeightsAreThoseOfAWorldWithoutThePerson) {
  ASSERT_NE(with_->weights(), without_->weights());
  World copy(*with_);
  const ErasureReceipt receipt = copy.erase();
  EXPECT_EQ(receipt.way, "exact") << to_json(to_json_value(receipt));
  EXPECT_EQ(receipt.cycles, 2u);
  EXPECT_EQ(receipt.generations.size(), 2u);
  EXPECT_EQ(copy.weights(), without_->weights());
  // And so it goes on: nothing of what learning remembers is another than there.
  World other(*without_);
  const auto here = copy.learn(), there = other.learn();
  EXPECT_EQ(here.reason, there.reason);
  EXPECT_EQ(here.data_collected, there.data_collected);
  EXPECT_EQ(here.examples_created, there.examples_created);
  EXPECT_EQ(copy.weights(), other.weights());
}

TEST_F(ErasureTest, WhatIsLiveBakesAsInAWorldWithoutThePerson) {
  for (const World* world : {with_, late_}) {
    World copy(*world);
    copy.erase();
    EXPECT_EQ(copy.watch(), without_->watch());
  }
}

TEST_F(ErasureTest, ACycleThatCannotBeRunAgainIsToldAndNothingIsCalledExact) {
  World copy(*with_);
  auto store = copy.open();
  copy.begin_erasure(*store);
  Generations all = copy.generations(*store);
  ErasureHooks hooks = copy.hooks(*store);
  hooks.run_cycle = [&](const Json&, const CycleRequest& request) {
    CycleSettings broken = quick_settings();
    broken.max_memory = 0;
    CycleRequest again = request;
    again.settled = [](const std::string& step) {
      if (step == "load") throw Error(ErrorKind::kFormat, "a row that nobody can read");
    };
    return copy.run(*store, again, broken);
  };
  const auto receipt = Erasure(copy.env, *store, all, "t").go_on(hooks);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->way, "replayed");
  ASSERT_EQ(receipt->reasons.size(), 2u);
  EXPECT_NE(receipt->reasons[0].find("a row that nobody can read"), std::string::npos);
  EXPECT_TRUE(copy.traces().empty());
}

TEST_F(ErasureTest, WhatThePersonDidNotTouchIsNotDoneAgain) {
  ASSERT_NE(late_->weights(), without_->weights());
  World copy(*late_);
  auto store = copy.open();
  const auto before = store->begin_read()->generations("t");
  const ErasureReceipt receipt = copy.erase();
  EXPECT_EQ(receipt.cycles, 1u);
  EXPECT_EQ(receipt.base, before[before.size() - 2].generation_id);
  EXPECT_EQ(copy.weights(), without_->weights());
}

TEST_F(ErasureTest, NoByteOfTheWorkspaceIsLeftOfThePerson) {
  for (const World* world : {with_, late_}) {
    World copy(*world);
    ASSERT_FALSE(copy.traces().empty());
    copy.erase();
    EXPECT_EQ(copy.traces(), std::vector<std::string>());
  }
}

TEST_F(ErasureTest, TouchedGenerationsAreGoneWithTheirBackups) {
  World copy(*with_);
  const ErasureReceipt receipt = copy.erase();
  auto store = copy.open();
  Generations all = copy.generations(*store);
  for (const std::string& id : receipt.generations) {
    EXPECT_EQ(store->begin_read()->generation("t", id)->state, "unusable");
    EXPECT_FALSE(copy.env.exists(copy.folder / "generations" / id));
    EXPECT_THROW(all.rollback("please", id), Error);
    for (const BackupInfo& backup : all.backups().list()) EXPECT_NE(backup.generation_id, id);
  }
  for (const BackupInfo& backup : all.backups().list()) all.backups().verify(backup.backup_id);
}

TEST_F(ErasureTest, TheReceiptAndTheTrailSayHowMuchAndByWhomButNotWhose) {
  World copy(*with_);
  const auto counts = [&] {
    auto store = copy.open();
    return store->begin_write()->erase_user("t", kAnn);  // not committed
  }();
  const ErasureReceipt receipt = copy.erase();
  EXPECT_EQ(receipt.counts, counts);
  EXPECT_GT(receipt.counts.turns, 20);
  EXPECT_EQ(receipt.counts.memories, 3);
  EXPECT_EQ(receipt.actor, "tester");
  EXPECT_EQ(receipt.state, "done");
  auto store = copy.open();
  const auto kept = read_from(*store, [](Transaction& t) { return erasure_receipts(t, "t"); });
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(to_json(to_json_value(kept[0])), to_json(to_json_value(receipt)));
  EXPECT_FALSE(store->begin_read()->verify_events("t"));
  size_t told = 0;
  for (const EventRecord& event : store->begin_read()->events("t", {}))
    told += event.actor == "tester" && event.subject == receipt.erasure_id;
  EXPECT_EQ(told, 2u);
}

TEST_F(ErasureTest, ADryRunChangesNothingAndSaysTheSame) {
  World copy(*with_);
  auto store = copy.open();
  Generations all = copy.generations(*store);
  const std::string weights = copy.weights();
  const ErasureReceipt would = Erasure(copy.env, *store, all, "t").preview(kAnn, "tester");
  EXPECT_EQ(would.state, "planned");
  EXPECT_EQ(copy.weights(), weights);
  EXPECT_FALSE(copy.traces().empty());
  const ErasureReceipt receipt = copy.erase();
  EXPECT_EQ(would.counts, receipt.counts);
  EXPECT_EQ(would.generations, receipt.generations);
  EXPECT_EQ(would.cycles, receipt.cycles);
  EXPECT_EQ(would.way, receipt.way);
}

TEST_F(ErasureTest, WhoWasNeverLearntFromLeavesTheWeightsAlone) {
  World copy(*without_);
  copy.anns_first = 240;
  copy.talk(240, 280);
  const std::string live = copy.open()->begin_read()->live("t")->generation_id;
  const ErasureReceipt receipt = copy.erase();
  EXPECT_EQ(receipt.way, "none");
  EXPECT_GT(receipt.counts.turns, 0);
  EXPECT_EQ(receipt.live, live);
  EXPECT_EQ(copy.traces(), std::vector<std::string>());
}

TEST_F(ErasureTest, OneThatWaitsIsOneAndLeavesNothingWhenItIsDone) {
  World copy(*with_);
  auto store = copy.open();
  Generations all = copy.generations(*store);
  Erasure erasure(copy.env, *store, all, "t");
  {
    const auto cycle = store->acquire_lease("t");
    EXPECT_THROW(erasure.begin(kAnn, "tester"), Error);
    const ErasureReceipt waits = erasure.wait(kAnn, "tester");
    EXPECT_EQ(waits.state, "waiting");
    EXPECT_EQ(erasure.wait(kAnn, "another").erasure_id, waits.erasure_id);
    EXPECT_FALSE(erasure.is_pending());
  }
  const auto waiting = erasure.next_waiting();
  ASSERT_TRUE(waiting);
  const ErasureReceipt begun = erasure.begin(waiting->user, waiting->actor);
  EXPECT_EQ(begun.erasure_id, waiting->erasure_id);
  EXPECT_FALSE(erasure.next_waiting());
  EXPECT_EQ(copy.go_on(*store)->state, "done");
  EXPECT_EQ(copy.traces(), std::vector<std::string>());
  EXPECT_EQ(copy.weights(), without_->weights());
}

// A gate that lets nothing through: what the person did not touch stays live.
TEST_F(ErasureTest, WhereTheGateRefusesTheUntouchedGenerationStaysLive) {
  World copy(*late_);
  auto store = copy.open();
  const ErasureReceipt begun = copy.begin_erasure(*store);
  EXPECT_EQ(begun.live, begun.base);
  ErasureHooks hooks = copy.hooks(*store);
  hooks.run_cycle = [&](const Json&, const CycleRequest& request) {
    CycleSettings strict = quick_settings();
    strict.bars.mean = 1.01;
    strict.bars.required = true;
    return copy.run(*store, request, strict);
  };
  Generations all = copy.generations(*store);
  const auto receipt = Erasure(copy.env, *store, all, "t").go_on(hooks);
  EXPECT_EQ(receipt->deployed, 0u);
  EXPECT_EQ(receipt->live, begun.base);
}

// A person went back to the first generation after both cycles; so it is without Ann.
TEST_F(ErasureTest, AWayBackIsRepeated) {
  World copy(*with_), other(*without_);
  for (World* world : {&copy, &other}) {
    auto store = world->open();
    const auto all = store->begin_read()->generations("t");
    world->generations(*store).rollback("worse", all.back().generation_id);
    world->talk(280, 340);
  }
  const ErasureReceipt receipt = copy.erase();
  EXPECT_EQ(receipt.way, "replayed");
  EXPECT_EQ(copy.weights(), other.weights());
  copy.learn();
  other.learn();
  EXPECT_EQ(copy.weights(), other.weights());
}

// The cycle that was cut off is there again, and the next one resumes it without Ann.
TEST_F(ErasureTest, AnUnfinishedCycleGoesOnWithoutThePerson) {
  World copy(*with_), other(*without_);
  for (World* world : {&copy, &other}) {
    auto store = world->open();
    CycleRequest request;
    request.tenant = "t";
    request.force = true;
    request.settings = Json::object();
    request.settled = [](const std::string& step) {
      if (step == "train.intent") throw Error(ErrorKind::kIo, "the power is gone");
    };
    EXPECT_THROW(world->run(*store, request, quick_settings()), Error);
    world->talk(280, 340);
  }
  copy.erase();
  EXPECT_EQ(copy.traces(), std::vector<std::string>());
  const auto here = copy.learn(), there = other.learn();
  EXPECT_TRUE(here.resumed);
  EXPECT_EQ(here.data_collected, there.data_collected);
  EXPECT_EQ(copy.weights(), other.weights());
}

TEST_F(ErasureTest, TwoPersonsOneAfterTheOtherLeaveTheSame) {
  World copy(*with_), other(*without_);
  const auto erase = [](World& world, const std::string& user) {
    auto store = world.open();
    Generations all = world.generations(*store);
    Erasure erasure(world.env, *store, all, "t");
    erasure.begin(user, "tester");
    return *erasure.go_on(world.hooks(*store));
  };
  erase(copy, kAnn);
  EXPECT_EQ(erase(copy, "user-5").way, "exact");
  erase(other, "user-5");
  EXPECT_EQ(copy.weights(), other.weights());
}

// Killed right after each step was settled, of the erasure and of the cycles it runs again.
TEST_F(ErasureTest, AKillAtAnyStepGoesOnThereAndGivesTheSameWeights) {
  std::vector<std::string> steps = {"begin"};
  {
    World whole(*late_);
    auto store = whole.open();
    whole.begin_erasure(*store);
    whole.go_on(*store, [&](const std::string& step) { steps.push_back(step); });
  }
  ASSERT_GT(steps.size(), 10u);
  for (const std::string& step : steps) {
    World copy(*late_);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = copy.open();
      copy.begin_erasure(*store);
      if (step == steps.front()) ::raise(SIGKILL);
      copy.go_on(*store, [&](const std::string& s) {
        if (s == step) ::raise(SIGKILL);
      });
      ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << step;
    auto store = copy.open();
    copy.go_on(*store);
    store.reset();
    EXPECT_EQ(copy.weights(), without_->weights()) << step;
    EXPECT_EQ(copy.traces(), std::vector<std::string>()) << step;
    EXPECT_EQ(
        read_from(*copy.open(), [](Transaction& t) { return erasure_receipts(t, "t"); }).size(),
        1u);
  }
}

// A fault at a change of the disk, drawn from all there are.
TEST_F(ErasureTest, AFaultAtAnyChangeOfTheDiskLosesNothing) {
  const char* given = std::getenv("PAWL_TEST_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("PAWL_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 draw(seed);
  int64_t changes = 0;
  {
    World whole(*late_);
    whole.erase();
    changes = whole.env.changes;
  }
  ASSERT_GT(changes, 10);
  for (int round = 0; round < 8; ++round) {
    World copy(*late_);
    const auto at = static_cast<int64_t>(draw() % static_cast<uint64_t>(changes));
    copy.env.changes_left = at;
    try {
      copy.erase();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIo) << error.what();
    }
    copy.env.changes_left = -1;
    auto store = copy.open();
    Generations all = copy.generations(*store);
    const auto receipts = [&] {
      return read_from(*store, [](Transaction& t) { return erasure_receipts(t, "t"); });
    };
    if (receipts().empty()) copy.begin_erasure(*store);
    copy.go_on(*store);
    EXPECT_EQ(receipts().size(), 1u) << at;
    store.reset();
    EXPECT_EQ(copy.weights(), without_->weights()) << at;
    EXPECT_EQ(copy.traces(), std::vector<std::string>()) << at;
  }
}

}  // namespace
}  // namespace pawl::learn

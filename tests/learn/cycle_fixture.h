// A workspace small enough to learn within a test: a weak first generation, and corrections that
// have gathered. Runs work on copies.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "learn/cycle/cycle.h"
#include "store/sqlite/sqlite_store.h"
#include "tests/base/faulty_env.h"
#include "tests/learn/topics.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::learn {

using test::component_block;
using test::FaultyEnv;
using test::kTinyBow;
using test::TemporaryFolder;

// Every write after so many fails, as when the process dies there.
class FailingStore : public Store {
 public:
  explicit FailingStore(std::unique_ptr<Store> store) : store_(std::move(store)) {}
  int64_t writes_left = -1, writes = 0;

  std::unique_ptr<Transaction> begin_read() override { return store_->begin_read(); }
  std::unique_ptr<Transaction> begin_write() override {
    ++writes;
    if (writes_left == 0) throw Error(ErrorKind::kIo, "the store: No space left on device");
    if (writes_left > 0) --writes_left;
    return store_->begin_write();
  }
  std::unique_ptr<Lease> acquire_lease(std::string_view tenant) override {
    return store_->acquire_lease(tenant);
  }
  std::vector<std::string> check() override { return store_->check(); }
  void compact() override { store_->compact(); }

 private:
  std::unique_ptr<Store> store_;
};

inline CycleSettings quick_settings() {
  CycleSettings settings;
  settings.min_data_threshold = 10;
  settings.keep_generations = 2;
  settings.curate.validation_split = 0.4;
  settings.curate.quality_threshold = 0.5;
  settings.candidate.train.n_iter = 4;
  settings.candidate.train.min_updates = 40;
  settings.candidate.train.learn_rate = 0.05;
  settings.candidate.scratch_limit = 0;  // the live head goes on learning, nothing else is tried
  for (const Head head : all_heads()) settings.thresholds[head] = 0.1;
  settings.gate.min_examples = 10;
  settings.gate.alpha = 0.5;
  return settings;
}

// A workspace with a weak first generation and corrections that have gathered; runs work on copies.
class CycleTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    prepared_ = new TemporaryFolder();
    auto live = test::tiny_blank();
    live->add_pipe("intent", component_block(kTinyBow));
    std::vector<LabeledExample> seeds;
    for (const auto& [label, words] : topics()) {
      LabeledExample& e = seeds.emplace_back();
      e.text = words;
      e.heads[Head::kIntent].label = label;
    }
    Rng rng(1);
    const auto examples = to_examples(seeds, Head::kIntent, *live);
    find_head(*live, Head::kIntent)->initialize(examples, rng, Progress::silent());
    auto store = open_sqlite_store(Env::real(), prepared_->path() / "pawl.db");
    Generations generations(Env::real(), *store, prepared_->path(), "t");
    const auto first =
        generations.publish({}, [&](const Path& folder) { live->to_disk(Env::real(), folder); });
    generations.activate({first.generation_id, "init", "test"}, "");
    add_turns(*store, 0, 90);
  }
  static void TearDownTestSuite() { delete prepared_; }

  static void add_turns(Store& store, size_t from, size_t to) {
    write_to(store, [&](Transaction& t) {
      for (size_t i = from; i < to; ++i) {
        const auto& [label, words] = topics()[i % topics().size()];
        const std::string n = std::to_string(i);
        TurnRecord turn;
        turn.tenant_id = "t";
        turn.turn_id = "turn-" + n;
        turn.conversation_id = "talk-" + n;
        turn.user_id = "user-" + n;
        turn.user_text = words + "thing" + n;
        turn.text_key = text_key(turn.user_text);
        t.add_turn(turn);
        FeedbackRecord feedback;
        feedback.tenant_id = "t";
        feedback.feedback_id = "f-" + n;
        feedback.turn_id = turn.turn_id;
        feedback.author = turn.user_id;
        feedback.corrected_intent = label;
        t.add_feedback(feedback);
        EvidenceRecord evidence;
        evidence.tenant_id = "t";
        evidence.turn_id = turn.turn_id;
        evidence.head = "intent";
        evidence.source = "correction";
        evidence.value = label;
        evidence.author = turn.user_id;
        t.add_evidence(evidence);
      }
    });
  }

  // A workspace of one's own.
  struct Copy {
    TemporaryFolder folder;
    FaultyEnv env;
    Copy() {
      std::filesystem::copy(prepared_->path(), folder.path(),
                            std::filesystem::copy_options::recursive);
    }
    CycleResult learn(const CycleSettings& settings = quick_settings(), Store* given = nullptr,
                      std::function<void(const std::string&)> settled = {}) {
      auto own = given != nullptr ? nullptr : open();
      Store& store = given != nullptr ? *given : *own;
      Generations generations(env, store, folder.path(), "t");
      LearningCycle cycle(env, store, generations, settings);
      CycleRequest request;
      request.tenant = "t";
      request.settled = std::move(settled);
      Warnings warnings;
      return cycle.run(request, Progress::silent(), warnings);
    }
    std::unique_ptr<Store> open() { return open_sqlite_store(env, folder.path() / "pawl.db"); }
    std::string live() { return open()->begin_read()->live("t")->generation_id; }
    // The weights of what is live, verified.
    std::string weights() {
      auto store = open();
      const auto opened = Generations(env, *store, folder.path(), "t").open_live();
      EXPECT_FALSE(opened->degraded);
      return env.read_file(opened->pipeline / "intent/model");
    }
  };

  inline static TemporaryFolder* prepared_ = nullptr;
};

}  // namespace pawl::learn

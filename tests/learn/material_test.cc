// From what was said to what is trained, with the store between: curation, the dataset of a cycle
// and its candidates, without the cycle around them.
#include "learn/data/material.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "learn/data/example_record.h"
#include "learn/train/train_candidate.h"
#include "store/sqlite/sqlite_store.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::learn {
namespace {

constexpr const char* kTenant = "t";
const std::vector<std::string> kLabels = {"rain", "alarm", "music", "train"};

// An utterance about a label: two of its words among words that say nothing.
std::string utterance(size_t label, Rng& rng) {
  static const std::vector<std::vector<std::string>> words = {
      {"rain", "sun", "wind", "cloud", "storm", "snow", "fog", "sky"},
      {"wake", "alarm", "clock", "snooze", "early", "timer", "ring", "morning"},
      {"song", "play", "band", "loud", "album", "tune", "guitar", "radio"},
      {"ticket", "platform", "rail", "seat", "station", "delay", "coach", "express"}};
  static const std::vector<std::string> others = {"please", "now",  "today", "the",  "my", "for",
                                                  "again",  "this", "some",  "what", "is", "can"};
  std::string text;
  for (int i = 0; i < 6; ++i) {
    const auto& from = i == 1 || i == 4 ? words[label] : others;
    text += (i == 0 ? "" : " ") + from[rng.below(from.size())];
  }
  return text;
}

// A workspace's store and live pipeline, taught cycle by cycle.
class Loop {
 public:
  explicit Loop(uint64_t seed, DefenceOptions defence = {}) : rng_(seed) {
    options_.defence = defence;
    store_ = open_sqlite_store(Env::real(), folder_ / "pawl.db");
    live_ = test::tiny_blank();
    for (size_t label = 0; label < kLabels.size(); ++label) {
      for (int i = 0; i < 5; ++i) add_seed(utterance(label, rng_), kLabels[label]);
    }
    train("");
    for (size_t i = 0; i < 300; ++i) test_.emplace_back(utterance(i % 4, rng_), kLabels[i % 4]);
  }

  void say(const std::string& text, const std::string& user, const std::string& label,
           const std::string& author) {
    const std::string predicted = best_label((*live_)(text), Head::kIntent).label;
    write_to(*store_, [&](Transaction& t) {
      TurnRecord turn;
      turn.tenant_id = kTenant;
      turn.turn_id = "turn " + std::to_string(++turns_);
      turn.conversation_id = "conversation of " + user;
      turn.user_id = user;
      turn.user_text = text;
      turn.text_key = text_key(text);
      t.add_turn(turn);
      EvidenceRecord e;
      e.tenant_id = kTenant;
      e.turn_id = turn.turn_id;
      e.head = "intent";
      e.source = "self";
      e.value = predicted;
      t.add_evidence(e);
      e.source = "correction";
      e.value = label;
      e.author = author;
      t.add_evidence(e);
    });
  }

  Curated curate_cycle(const std::string& cycle) {
    return write_to(*store_, [&](Transaction& t) {
      const SequenceRange range{seen_, t.high_water(kTenant)};
      seen_ = range.up_to;
      const Material material = read_material(t, kTenant, range, 4 * options_.max_examples);
      const Curated curated = curate(material.groups, *live_, material.splits, options_);
      keep_curated(t, context(cycle), material, curated);
      return curated;
    });
  }

  Dataset dataset(const std::string& cycle) {
    return read_from(*store_, [&](Transaction& t) {
      return load_dataset(t, kTenant, cycle, 20000, labels_of(*live_), options_.defence);
    });
  }

  // Replaces the head by the candidate, be it good or bad; false when there is nothing to learn.
  bool train(const std::string& cycle) {
    Dataset data = dataset(cycle);
    CandidateOptions options;
    options.train.n_iter = 5;
    options.train.min_updates = 60;
    options.train.learn_rate = 0.01;
    options.slow_recipe_limit = 0;
    Warnings warnings;
    auto candidates = train_candidates(
        *live_,
        {.fresh = std::move(data.fresh), .memory = std::move(data.memory), .unlabelled = {}},
        options, Progress::silent(), warnings);
    for (CandidateHead& candidate : candidates) {
      for (auto& id : candidate.example_ids) seen_ids_.insert(id);
      put_head(*live_, std::move(candidate.trained.component));
    }
    return !candidates.empty();
  }

  bool learn(const std::string& cycle) {
    curate_cycle(cycle);
    return train(cycle);
  }

  double accuracy() const {
    size_t right = 0;
    for (const auto& [text, label] : test_)
      right += best_label((*live_)(text), Head::kIntent).label == label;
    return static_cast<double>(right) / static_cast<double>(test_.size());
  }

  CurationContext context(const std::string& cycle) const { return {kTenant, cycle, "g", 1}; }
  Store& store() { return *store_; }
  Rng& rng() { return rng_; }
  CurateOptions& options() { return options_; }
  const std::set<std::string>& seen_ids() const { return seen_ids_; }

 private:
  void add_seed(const std::string& text, const std::string& label) {
    LabeledExample seed;
    seed.text = text;
    seed.key = text_key(text);
    seed.source = "examples";
    seed.version = 1;
    seed.example_id = "seed-" + seed.key;
    seed.heads[Head::kIntent].label = label;
    ExampleRecord record = to_record(seed);
    record.tenant_id = kTenant;
    record.origin = "seed";
    write_to(*store_, [&](Transaction& t) {
      t.put_split(kTenant, group_key(text), "train");
      t.put_example(record);
    });
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Language> live_;
  CurateOptions options_;
  std::vector<std::pair<std::string, std::string>> test_;
  std::set<std::string> seen_ids_;
  Rng rng_;
  int64_t seen_ = 0;
  size_t turns_ = 0;
};

// 740 late corrections of one author on other people's turns, all to one label.
void poison(Loop& loop) {
  Rng rng(99);
  for (size_t i = 0; i < 740; ++i)
    loop.say(utterance(i % 4, rng), "victim" + std::to_string(i), kLabels[0], "mallory");
}

void teach_honestly(Loop& loop, uint64_t seed) {
  Rng rng(seed + 1000);
  for (size_t i = 0; i < 60; ++i) {
    const std::string user = "user" + std::to_string(i);
    loop.say(utterance(i % 4, rng), user, kLabels[i % 4], user);
  }
}

TEST(Poisoning, OneAuthorsRefusedLabelsDoNotSpoilWhatSixtyPeopleTeachAfterwards) {
  size_t as_if_alone = 0;
  for (uint64_t draw = 0; draw < 12; ++draw) {
    Loop alone(draw), poisoned(draw);
    const double before = poisoned.accuracy();
    poison(poisoned);
    poisoned.learn("attack");
    EXPECT_GE(poisoned.accuracy(), before) << "draw " << draw;
    teach_honestly(poisoned, draw);
    teach_honestly(alone, draw);
    poisoned.learn("honest");
    alone.learn("honest");
    EXPECT_GE(poisoned.accuracy(), before) << "draw " << draw;
    as_if_alone += poisoned.accuracy() >= alone.accuracy() - 0.01;
  }
  EXPECT_GE(as_if_alone, 10u);
}

TEST(Poisoning, WouldDoHarmWhereOneWordIsEnough) {
  Loop loop(1, {.max_examples_per_author = 1000, .burst = 1000, .min_label_authors = 1});
  const double before = loop.accuracy();
  poison(loop);
  loop.learn("attack");
  EXPECT_LT(loop.accuracy(), before - 0.1);
}

TEST(Material, ALabelThatIsTakenBackTrainsNoMore) {
  Loop loop(1);
  loop.say("one more thing", "ann", "rain", "ann");
  loop.curate_cycle("c1");
  ASSERT_EQ(loop.dataset("c1").fresh.size(), 1u);
  for (int i = 0; i < 2; ++i)
    loop.say("one more thing", "user" + std::to_string(i), "alarm", "user" + std::to_string(i));
  loop.curate_cycle("c2");
  const Dataset data = loop.dataset("c2");
  ASSERT_EQ(data.fresh.size(), 1u) << "one example a text, whatever the cycle";
  EXPECT_EQ(data.fresh[0].label(Head::kIntent), "alarm");
  EXPECT_EQ(data.fresh[0].version, 2);
  for (const auto& e : data.memory) EXPECT_NE(e.key, data.fresh[0].key);
  // A third opinion leaves none that is sure enough.
  loop.options().quality_threshold = 1.0;
  loop.say("one more thing", "bob", "music", "bob");
  EXPECT_EQ(loop.curate_cycle("c3").retracted.size(), 1u);
  for (const auto& e : loop.dataset("c3").memory) EXPECT_NE(e.key, data.fresh[0].key);
}

TEST(Material, WhatThereWasNoRoomForIsTakenByTheNextCycle) {
  Loop loop(1);
  loop.options().max_examples = 4;
  for (int i = 0; i < 10; ++i) {
    const std::string user = "user" + std::to_string(i);
    loop.say("question number " + user, user, "rain", user);
  }
  size_t made = 0;
  for (const char* cycle : {"c1", "c2", "c3"}) {
    loop.curate_cycle(cycle);
    made += loop.dataset(cycle).fresh.size();
  }
  EXPECT_EQ(made, 10u);
  EXPECT_TRUE(read_from(loop.store(), [](Transaction& t) { return t.waiting(kTenant); }).empty());
}

TEST(Material, DoingItAgainChangesNothing) {
  Loop loop(1);
  teach_honestly(loop, 1);
  const auto keep = [&] {
    return write_to(loop.store(), [&](Transaction& t) {
      const Material material = read_material(t, kTenant, {}, 1000);
      const auto live = test::tiny_blank();
      const Curated curated = curate(material.groups, *live, material.splits, {});
      keep_curated(t, loop.context("c1"), material, curated);
      return curated.examples.size();
    });
  };
  EXPECT_GT(keep(), 10u);
  const size_t before = loop.dataset("c1").fresh.size();
  EXPECT_EQ(keep(), 0u);
  EXPECT_EQ(loop.dataset("c1").fresh.size(), before);
}

TEST(Material, WhatIsSetAsideIsLeftOutUntilAnotherAuthorSaysSo) {
  Loop loop(1);
  loop.say("a doubtful thing", "ann", "rain", "ann");
  loop.curate_cycle("c1");
  write_to(loop.store(), [&](Transaction& t) { set_aside(t, loop.context("c1"), Head::kIntent); });
  EXPECT_TRUE(loop.dataset("c1").fresh.empty());
  loop.say("a doubtful thing", "ann2", "rain", "ann");
  loop.curate_cycle("c2");
  EXPECT_TRUE(loop.dataset("c2").fresh.empty());
  loop.say("a doubtful thing", "bob", "rain", "bob");
  loop.curate_cycle("c3");
  EXPECT_EQ(loop.dataset("c3").fresh.size(), 1u);
}

TEST(Material, AGenerationIsTracedToEveryAuthorOfWhatItSaw) {
  Loop loop(1);
  loop.say("shared words", "ann", "rain", "bob");
  loop.say("shared words", "carl", "rain", "carl");
  teach_honestly(loop, 1);
  ASSERT_TRUE(loop.learn("c1"));
  const std::vector<std::string> ids(loop.seen_ids().begin(), loop.seen_ids().end());
  write_to(loop.store(), [&](Transaction& t) { t.add_generation_examples(kTenant, "g1", ids); });
  auto tx = loop.store().begin_read();
  const bool trained = loop.dataset("c1").fresh[0].split != Split::kCertify;
  for (const char* author : {"ann", "bob", "carl"})
    EXPECT_EQ(tx->generations_that_saw(kTenant, author).size(), trained ? 1u : 0u) << author;
}

TEST(Material, AnErasedAuthorsPartIsGoneAndTheTextIsLookedAtAgain) {
  Loop loop(1);
  loop.say("shared words", "ann", "rain", "ann");
  loop.say("shared words", "bob", "alarm", "bob");
  loop.say("shared words", "carl", "alarm", "carl");
  loop.curate_cycle("c1");
  ASSERT_EQ(loop.dataset("c1").fresh.at(0).label(Head::kIntent), "alarm");
  write_to(loop.store(), [](Transaction& t) {
    EXPECT_EQ(t.erase_user(kTenant, "bob").examples, 1);
    t.erase_user(kTenant, "carl");
  });
  EXPECT_TRUE(loop.dataset("c1").fresh.empty());
  loop.curate_cycle("c2");
  ASSERT_EQ(loop.dataset("c2").fresh.size(), 1u);
  EXPECT_EQ(loop.dataset("c2").fresh[0].label(Head::kIntent), "rain");
  EXPECT_EQ(loop.dataset("c2").fresh[0].authors, std::vector<std::string>{"ann"});
}

}  // namespace
}  // namespace pawl::learn

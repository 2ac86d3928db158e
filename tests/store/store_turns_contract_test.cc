// What every Store must do with turns, what was said of them, and where they stand.
#include <chrono>

#include "base/error.h"
#include "tests/store/store_contract.h"
#include "tests/store/store_records.h"

namespace pawl {
namespace {

TEST_P(StoreContract, TurnsComeBackAsTheyWent) {
  write_to(*store_, [](Transaction& tx) { EXPECT_TRUE(tx.add_turn(turn_of("u1"))); });
  reopen();
  const auto turn = read_from(*store_, [](Transaction& tx) { return tx.turn("t", "u1"); });
  ASSERT_TRUE(turn);
  const TurnRecord expected = turn_of("u1");
  EXPECT_EQ(turn->user_text, expected.user_text);
  EXPECT_EQ(turn->assistant_response, expected.assistant_response);
  EXPECT_EQ(turn->context_used, expected.context_used);
  EXPECT_EQ(turn->edits, expected.edits);
  EXPECT_EQ(turn->generation_id, "g1");
  EXPECT_EQ(turn->said_at, 5);
  EXPECT_GT(turn->sequence, 0);
}

TEST_P(StoreContract, WithoutCommitNothingHappened) {
  {
    auto tx = store_->begin_write();
    tx->add_turn(turn_of("u1"));
    tx->add_counter("t", "n", 1);
  }
  auto tx = store_->begin_read();
  EXPECT_FALSE(tx->turn("t", "u1"));
  EXPECT_TRUE(tx->counters("t").empty());
  EXPECT_EQ(tx->high_water("t"), 0);
}

TEST_P(StoreContract, AKnownTurnIsLeftAlone) {
  write_to(*store_, [](Transaction& tx) {
    EXPECT_TRUE(tx.add_turn(turn_of("u1")));
    TurnRecord other = turn_of("u1");
    other.user_text = "changed";
    EXPECT_FALSE(tx.add_turn(other));
    EXPECT_EQ(tx.turn("t", "u1")->user_text, turn_of("u1").user_text);
  });
}

TEST_P(StoreContract, TenantsDoNotSeeEachOther) {
  write_to(*store_, [](Transaction& tx) {
    tx.add_turn(turn_of("u1", "ann", "c1", "a"));
    tx.add_turn(turn_of("u1", "ann", "c1", "b"));
    tx.add_counter("a", "n", 1);
    tx.set_value("a", "v", "1");
    tx.erase_user("a", "ann");
  });
  auto tx = store_->begin_read();
  EXPECT_FALSE(tx->turn("a", "u1"));
  EXPECT_TRUE(tx->turn("b", "u1"));
  EXPECT_FALSE(tx->last_turn_of("a", "c1"));
  EXPECT_TRUE(tx->turns_touched("a", {}).empty());
  EXPECT_EQ(tx->turns_touched("b", {}).size(), 1u);
  EXPECT_TRUE(tx->counters("b").empty());
  EXPECT_FALSE(tx->value("b", "v"));
}

TEST_P(StoreContract, ARangeHoldsWhatArrivedOrWasJudgedWithinIt) {
  int64_t first = 0, second = 0;
  write_to(*store_, [&](Transaction& tx) {
    tx.add_turn(turn_of("u1"));
    tx.add_evidence(evidence_of("u1", "self", "debug_error"));
    tx.add_turn(turn_of("u2", "bob", "c2"));
    first = tx.high_water("t");
  });
  write_to(*store_, [&](Transaction& tx) {
    tx.add_turn(turn_of("u3", "bob", "c2"));
    tx.add_evidence(evidence_of("u1", "correction", "optimize_code"));
    FeedbackRecord feedback;
    feedback.tenant_id = "t";
    feedback.feedback_id = "f1";
    feedback.turn_id = "u1";
    feedback.author = "ann";
    feedback.satisfaction_score = 0.25;
    feedback.needs_correction = true;
    feedback.corrected_entities = std::vector<EntitySpan>{{1, 2, "A"}};
    EXPECT_TRUE(tx.add_feedback(feedback));
    EXPECT_FALSE(tx.add_feedback(feedback));
    second = tx.high_water("t");
  });
  write_to(*store_, [](Transaction& tx) { tx.add_evidence(evidence_of("u2", "review", "x")); });
  reopen();

  auto tx = store_->begin_read();
  const auto bundles = tx->turns_touched("t", {first, second});
  ASSERT_EQ(bundles.size(), 2u);
  EXPECT_EQ(bundles[0].turn.turn_id, "u1");
  ASSERT_EQ(bundles[0].evidence.size(), 2u);
  EXPECT_EQ(bundles[0].evidence[0].source, "self");
  EXPECT_EQ(bundles[0].evidence[1].value, "optimize_code");
  EXPECT_EQ(bundles[0].evidence[1].score, 0.75);
  ASSERT_EQ(bundles[0].feedback.size(), 1u);
  EXPECT_EQ(bundles[0].feedback[0].satisfaction_score, 0.25);
  EXPECT_EQ(bundles[0].feedback[0].needs_correction, true);
  EXPECT_FALSE(bundles[0].feedback[0].corrected_intent);
  EXPECT_EQ(bundles[0].feedback[0].corrected_entities, (std::vector<EntitySpan>{{1, 2, "A"}}));
  EXPECT_EQ(bundles[1].turn.turn_id, "u3");
  EXPECT_EQ(tx->count_turns("t", {first, second}), 1);
  EXPECT_EQ(tx->count_turns_judged("t", {first, second}), 1);
  EXPECT_EQ(tx->count_turns_judged("t", {0, first}), 0);
  EXPECT_EQ(tx->turns_touched("t", {0, first}).front().evidence.size(), 1u);
  EXPECT_EQ(tx->turns_touched("t", {0, INT64_MAX, 1}).size(), 1u);
  EXPECT_EQ(tx->last_turn_of("t", "c2")->turn_id, "u3");
}

TEST_P(StoreContract, TextsAreFoundByWhatWasSaidAboutThem) {
  int64_t first = 0;
  write_to(*store_, [&](Transaction& tx) {
    for (const auto& [id, key] :
         {std::pair{"u1", "k1"}, {"u2", "k2"}, {"u3", "k1"}, {"u4", "k3"}}) {
      TurnRecord turn = turn_of(id);
      turn.text_key = key;
      turn.user_text = "text of " + turn.turn_id;
      tx.add_turn(turn);
      tx.add_evidence(evidence_of(id, "self", "x"));
    }
    tx.add_evidence(evidence_of("u2", "correction", "y"));
    first = tx.high_water("t");
    tx.add_evidence(evidence_of("u3", "correction", "y"));
    tx.add_evidence(evidence_of("u1", "rating", "satisfaction"));
  });
  auto tx = store_->begin_read();
  EXPECT_EQ(tx->texts_judged("t", {}), (std::vector<std::string>{"k2", "k1"}));
  EXPECT_EQ(tx->texts_judged("t", {first}), std::vector<std::string>{"k1"});
  EXPECT_TRUE(tx->texts_judged("other", {}).empty());
  const std::vector<std::string> wanted = {"k1", "k3"};
  const auto bundles = tx->turns_of_texts("t", wanted, INT64_MAX);
  ASSERT_EQ(bundles.size(), 2u);
  EXPECT_EQ(bundles[0].turn.turn_id, "u1");
  EXPECT_EQ(bundles[0].turn.text_key, "k1");
  EXPECT_EQ(bundles[0].evidence.size(), 2u);
  EXPECT_EQ(bundles[1].turn.turn_id, "u3");
  EXPECT_TRUE(tx->turns_of_texts("t", wanted, first).empty());
  EXPECT_EQ(tx->unjudged_texts("t", {}), std::vector<std::string>{"text of u4"});
  EXPECT_EQ(tx->unjudged_texts("t", {0, first, 1}), std::vector<std::string>{"text of u1"});
}

TEST_P(StoreContract, AWithdrawnTurnLeavesNothingAndOthersOfItsTextWait) {
  write_to(*store_, [](Transaction& tx) {
    for (const auto& [id, user] : {std::pair{"u1", "ann"}, {"u2", "bob"}}) {
      TurnRecord turn = turn_of(id, user);
      turn.text_key = "key of e1";
      tx.add_turn(turn);
    }
    tx.add_evidence(evidence_of("u1", "correction", "x"));
    tx.put_example(example_of("e1", "train"));
    EXPECT_FALSE(tx.withdraw_turn("t", "unknown"));
    EXPECT_TRUE(tx.withdraw_turn("t", "u1"));
  });
  auto tx = store_->begin_read();
  EXPECT_FALSE(tx->turn("t", "u1"));
  EXPECT_TRUE(tx->turn("t", "u2"));
  EXPECT_TRUE(tx->examples("t", {}).empty());
  EXPECT_EQ(tx->count_turns_judged("t", {}), 0);
  EXPECT_EQ(tx->waiting("t"), std::vector<std::string>{"key of e1"});
}

TEST_P(StoreContract, ActivityIsCountedBySpans) {
  write_to(*store_, [](Transaction& tx) {
    for (const int64_t at : {5, 12, 13, 31}) {
      TurnRecord turn = turn_of("u" + std::to_string(at));
      turn.received_at = at;
      tx.add_turn(turn);
    }
    FeedbackRecord said;
    said.tenant_id = "t";
    said.turn_id = "u12";
    said.author = "ann";
    for (const int64_t at : {14, 15}) {
      said.feedback_id = std::to_string(at);
      said.received_at = at;
      tx.add_feedback(said);
      said.corrected_intent = "x";
    }
  });
  auto tx = store_->begin_read();
  EXPECT_EQ(tx->activity("t", 10, 10), (std::vector<ActivityRecord>{{10, 2, 2, 1}, {30, 1, 0, 0}}));
  EXPECT_TRUE(tx->activity("nobody", 0, 10).empty());
}

TEST_P(StoreContract, WhatTheModelSaidIsReplacedWhereItStood) {
  write_to(*store_, [](Transaction& tx) {
    tx.add_turn(turn_of("u1"));
    for (const char* head : {"intent", "persona"}) {
      EvidenceRecord said = evidence_of("u1", "self", "old", "g1");
      said.head = head;
      tx.add_evidence(said);
    }
    tx.add_evidence(evidence_of("u1", "correction", "x", "ann"));
  });
  const int64_t before = store_->begin_read()->high_water("t");
  write_to(*store_, [](Transaction& tx) {
    EvidenceRecord intent = evidence_of("", "self", "new", ""), sentiment = intent;
    sentiment.head = "sentiment";
    tx.replace_answer(*tx.turn("t", "u1"), "g2", std::vector<EvidenceRecord>{intent, sentiment});
  });
  auto tx = store_->begin_read();
  EXPECT_EQ(tx->turn("t", "u1")->generation_id, "g2");
  const auto bundles = tx->turns_touched("t", {.after = 0, .up_to = before});
  ASSERT_EQ(bundles.size(), 1u);
  std::map<std::string, std::string> said;
  for (const EvidenceRecord& e : bundles[0].evidence)
    said[e.source + "." + e.head] = e.value + " " + e.generation_id;
  EXPECT_EQ(said.size(), 3u);
  EXPECT_EQ(said["self.intent"], "new g2");
  EXPECT_EQ(said["self.sentiment"], "new g2");
}

TEST_P(StoreContract, WhatAUserThinksOfPersonasGoesWithTheUser) {
  write_to(*store_, [&](Transaction& tx) {
    for (const char* id : {"u1", "u2", "u3"}) {
      TurnRecord turn = turn_of(id);
      turn.user_id = "jane";
      turn.persona = std::string(id) == "u3" ? "" : "expert";
      tx.add_turn(turn);
      FeedbackRecord said;
      said.tenant_id = "t";
      said.feedback_id = std::string("f-") + id;
      said.turn_id = id;
      said.author = "jane";
      said.satisfaction_score = 0.5;
      if (std::string(id) == "u2") said.preferred_persona = "friend";
      tx.add_feedback(said);
    }
    EvidenceRecord self;
    self.tenant_id = "t";
    self.turn_id = "u3";
    self.head = "persona";
    self.source = "self";
    self.value = "helper";
    tx.add_evidence(self);
  });
  const PersonaHistory history = store_->begin_read()->persona_history("t", "jane");
  EXPECT_EQ(history.stated, "friend");
  ASSERT_EQ(history.ratings.size(), 2u);
  EXPECT_EQ(history.ratings.at("expert").count, 2u);
  EXPECT_DOUBLE_EQ(history.ratings.at("expert").sum, 1.0);
  EXPECT_EQ(history.ratings.at("helper").count, 1u);
  EXPECT_TRUE(store_->begin_read()->persona_history("t", "other").ratings.empty());
  write_to(*store_, [&](Transaction& tx) { tx.erase_user("t", "jane"); });
  EXPECT_TRUE(store_->begin_read()->persona_history("t", "jane").stated.empty());
  EXPECT_TRUE(store_->begin_read()->persona_history("t", "jane").ratings.empty());
}

TEST_P(StoreContract, ATurnsNeighboursAreFoundWhateverElseWasSaidSince) {
  const auto add = [&](size_t from, size_t to) {
    write_to(*store_, [&](Transaction& tx) {
      for (size_t i = from; i < to; ++i)
        tx.add_turn(turn_of("u" + std::to_string(i), "ann", "c" + std::to_string(i / 2)));
    });
  };
  std::vector<std::string> ids;
  for (size_t i = 0; i < 100; ++i) ids.push_back("u" + std::to_string(2 * i + 1));
  const auto seconds = [&] {
    double least = 1e9;
    for (int i = 0; i < 3; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      const auto places = store_->begin_read()->turns_in_conversations("t", ids, 1 << 30);
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
      least = std::min(least, passed.count());
      EXPECT_EQ(places.size(), ids.size());
      EXPECT_EQ(places.at(1).before.value().turn_id, "u2");
      EXPECT_EQ(places.at(1).turn.turn_id, "u3");
      EXPECT_FALSE(places.at(1).after);
    }
    return least;
  };
  add(0, 200);
  const double alone = seconds();
  add(200, 20200);
  EXPECT_LT(seconds(), 20 * alone);  // a hundred times where every later turn is read
}

}  // namespace
}  // namespace pawl

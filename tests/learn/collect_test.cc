#include "learn/intake/collect.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"
#include "store/sqlite/sqlite_store.h"

namespace pawl::learn {
namespace {

// Says the same of every text and takes "Zoe" for a person.
class FakeModel : public CollectModel {
 public:
  std::string generation_id() const override { return "g1"; }
  std::vector<SelfAnalysis> analyze(std::span<const std::string> texts) override {
    std::vector<SelfAnalysis> out;
    for (const std::string& text : texts) {
      SelfAnalysis analysis;
      analysis.intent = "debug_error";
      analysis.intent_confidence = 0.75;
      analysis.sentiment = "neutral";
      analysis.sentiment_confidence = 0.5;
      analysis.persons = persons_in(text);
      for (const CodePointSpan& p : analysis.persons)
        analysis.entities.push_back({p.start, p.end, "PERSON"});
      out.push_back(std::move(analysis));
    }
    return out;
  }
  std::vector<std::vector<CodePointSpan>> find_persons(
      std::span<const std::string> texts) override {
    std::vector<std::vector<CodePointSpan>> out;
    for (const std::string& text : texts) out.push_back(persons_in(text));
    return out;
  }

 private:
  static std::vector<CodePointSpan> persons_in(const std::string& text) {
    const size_t at = text.find("Zoe");
    if (at == std::string::npos) return {};
    const auto start = static_cast<int64_t>(utf8::count(text.substr(0, at)));
    return {{start, start + 3}};
  }
};

class CollectTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("pawl-collect-" + new_uuid(env_));
    env_.create_directories(folder_);
    store_ = open_sqlite_store(env_, folder_ / "pawl.db");
    renew();
  }
  void TearDown() override {
    collector_.reset();
    store_.reset();
    env_.remove_all(folder_);
  }
  void renew() {
    CollectSettings settings;
    settings.tenant_id = "t";
    settings.group = 3;
    collector_ = std::make_unique<Collector>(env_, *store_, model_, settings);
  }

  static TurnInput turn_of(std::string text, std::string id = "") {
    TurnInput turn;
    turn.turn_id = std::move(id);
    turn.conversation_id = "c1";
    turn.user_id = "ann";
    turn.user_text = std::move(text);
    turn.consent = true;
    return turn;
  }
  std::vector<TurnBundle> stored() { return store_->begin_read()->turns_touched("t", {}); }
  bool on_disk(const std::string& canary) {
    for (const std::string& name : env_.list_files(folder_)) {
      if (env_.read_file(folder_ / name).find(canary) != std::string::npos) return true;
    }
    return false;
  }
  std::string reason_for(TurnInput turn) {
    renew();
    collector_->add_turn(7, std::move(turn));
    collector_->flush();
    const CollectSummary& summary = collector_->summary();
    if (summary.rejected == 0) return "";
    EXPECT_EQ(summary.rejections.at(0).line, 7u);
    return summary.rejections[0].reason;
  }

  Env& env_ = Env::real();
  Path folder_;
  std::unique_ptr<Store> store_;
  FakeModel model_;
  std::unique_ptr<Collector> collector_;
};

TEST_F(CollectTest, ATurnIsStoredWithWhatTheModelThoughtOfIt) {
  collector_->add_turn(1, turn_of("why does it crash", "u1"));
  collector_->flush();
  const auto bundles = stored();
  ASSERT_EQ(bundles.size(), 1u);
  EXPECT_EQ(bundles[0].turn.user_text, "why does it crash");
  EXPECT_EQ(bundles[0].turn.generation_id, "g1");
  ASSERT_EQ(bundles[0].evidence.size(), 2u);
  EXPECT_EQ(bundles[0].evidence[0].head, "intent");
  EXPECT_EQ(bundles[0].evidence[0].source, "self");
  EXPECT_EQ(bundles[0].evidence[0].value, "debug_error");
  EXPECT_EQ(bundles[0].evidence[0].score, 0.75);
  EXPECT_EQ(bundles[0].evidence[0].author, "g1");
}

TEST_F(CollectTest, WithoutConsentOnlyANumberIsKept) {
  TurnInput turn = turn_of("privatecanary41");
  turn.consent = false;
  turn.feedback = FeedbackInput{};
  turn.feedback->comment = "secretcomment42";
  collector_->add_turn(1, turn);
  turn.consent = std::nullopt;
  collector_->add_turn(2, turn);
  collector_->flush();
  EXPECT_EQ(collector_->summary().skipped_no_consent, 2u);
  EXPECT_TRUE(stored().empty());
  EXPECT_EQ(store_->begin_read()->counters("t").at("turns.skipped_no_consent"), 2);
  EXPECT_FALSE(on_disk("privatecanary"));
  EXPECT_FALSE(on_disk("secretcomment"));
}

TEST_F(CollectTest, NoPersonalDataReachesTheDisk) {
  const std::vector<std::string> canaries = {"jane.q.7@example-mail.org", "+1 (415) 555-0007",
                                             "4111 1111 1111 1111", "078-05-1120", "Zoe"};
  for (size_t i = 0; i < canaries.size(); ++i) {
    const std::string said = "hello (" + canaries[i] + ")";
    TurnInput turn = turn_of(said, "u" + std::to_string(i));
    turn.assistant_response = said;
    turn.context_used = {"doc-1", canaries[i]};
    turn.user_id = i == 4 ? "ann" : canaries[i];
    turn.conversation_id = i == 4 ? "c1" : canaries[i];
    turn.session_id = i == 4 ? "s1" : canaries[i];
    turn.context_used.resize(i == 4 ? 1 : 2);
    turn.persona = i == 4 ? "" : canaries[i];
    turn.feedback = FeedbackInput{};
    turn.feedback->comment = said;
    collector_->add_turn(i, turn);
  }
  collector_->flush();
  EXPECT_EQ(collector_->summary().accepted, 5u);
  EXPECT_EQ(collector_->summary().redactions, 3u * 5 + 4);
  EXPECT_EQ(collector_->summary().redactions_by_kind.at("PERSON"), 3u);
  for (const std::string& canary : canaries) EXPECT_FALSE(on_disk(canary)) << canary;
  EXPECT_TRUE(on_disk("<EMAIL>"));
  EXPECT_EQ(stored()[0].turn.context_used[0], "doc-1");

  // Such a person can still be found: for feedback, and to be forgotten.
  FeedbackInput late;
  late.conversation_id = canaries[0];
  late.satisfaction_score = 1.0;
  collector_->add_feedback(9, late);
  collector_->flush();
  EXPECT_EQ(stored()[0].feedback.size(), 2u);
  const std::string user = stored_id(canaries[0], id_secret(env_, *store_));
  EXPECT_EQ(stored()[0].turn.user_id, user);
  write_to(*store_, [&](Transaction& tx) { EXPECT_EQ(tx.erase_user("t", user).turns, 1); });
}

TEST_F(CollectTest, FeedbackBecomesEvidenceAndEntitiesFollowTheText) {
  TurnInput turn = turn_of("mail jane@example.org from Oslo", "u1");
  turn.feedback = FeedbackInput{};
  turn.feedback->satisfaction_score = 0.25;
  turn.feedback->needs_correction = true;
  turn.feedback->corrected_intent = "general_assist";
  turn.feedback->corrected_entities = std::vector<EntitySpan>{{27, 31, "GPE"}, {5, 9, "PERSON"}};
  collector_->add_turn(1, turn);
  collector_->flush();
  const TurnBundle bundle = stored().at(0);
  EXPECT_EQ(bundle.turn.user_text, "mail <EMAIL> from Oslo");
  ASSERT_EQ(bundle.feedback.size(), 1u);
  EXPECT_EQ(bundle.feedback[0].corrected_entities, (std::vector<EntitySpan>{{18, 22, "GPE"}}));
  std::vector<std::string> said;
  for (const EvidenceRecord& e : bundle.evidence) {
    if (e.source != "self") said.push_back(e.head + " " + e.source + " " + e.value);
  }
  EXPECT_EQ(said,
            (std::vector<std::string>{"response rating satisfaction", "response correction wrong",
                                      "intent correction general_assist",
                                      "entities correction [[18,22,\"GPE\"]]"}));
}

TEST_F(CollectTest, LateFeedbackUsesTheOffsetsOfWhatWasSaid) {
  collector_->add_turn(1, turn_of("mail jane@example.org from Oslo", "u1"));
  FeedbackInput late;
  late.turn_id = "u1";
  late.corrected_entities = std::vector<EntitySpan>{{27, 31, "GPE"}};
  collector_->add_feedback(2, late);
  late.corrected_entities = std::vector<EntitySpan>{{27, 32, "GPE"}};
  collector_->add_feedback(3, late);
  late.turn_id = "unknown";
  collector_->add_feedback(4, late);
  collector_->add_feedback(5, FeedbackInput{});
  collector_->flush();
  EXPECT_EQ(stored()[0].feedback.at(0).corrected_entities,
            (std::vector<EntitySpan>{{18, 22, "GPE"}}));
  const CollectSummary& summary = collector_->summary();
  EXPECT_EQ(summary.accepted, 2u);
  EXPECT_EQ(summary.feedback, 1u);
  EXPECT_EQ(summary.rejected, 3u);
}

TEST_F(CollectTest, FeedbackForAConversationGoesToItsLastTurn) {
  collector_->add_turn(1, turn_of("first", "u1"));
  collector_->add_turn(2, turn_of("second", "u2"));
  FeedbackInput late;
  late.conversation_id = "c1";
  late.response_quality = 0.9;
  collector_->add_feedback(3, late);
  collector_->add_feedback(4, late);
  collector_->flush();
  EXPECT_TRUE(stored()[0].feedback.empty());
  EXPECT_EQ(stored()[1].feedback.size(), 1u);
  EXPECT_EQ(collector_->summary().duplicates, 1u);
}

TEST_F(CollectTest, TheSameStreamTwiceStoresEachTurnOnce) {
  for (int pass = 0; pass < 2; ++pass) {
    renew();
    std::vector<std::string> acknowledged;
    collector_->on_stored([&](const StoredLine& line) { acknowledged.push_back(line.turn_id); });
    for (int i = 0; i < 10; ++i) {
      TurnInput turn = turn_of("text", i < 5 ? "u" + std::to_string(i) : "");
      turn.said_at = i;
      turn.feedback = FeedbackInput{};
      turn.feedback->satisfaction_score = 0.5;
      collector_->add_turn(static_cast<uint64_t>(i), turn);
    }
    collector_->flush();
    EXPECT_EQ(acknowledged.size(), 10u);
    EXPECT_EQ(collector_->summary().duplicates, pass == 0 ? 0u : 10u);
  }
  EXPECT_EQ(stored().size(), 10u);
  EXPECT_EQ(stored()[7].feedback.size(), 1u);
  EXPECT_EQ(store_->begin_read()->counters("t").at("turns.accepted"), 10);
}

TEST_F(CollectTest, BadTurnsAreRejectedWithTheirReason) {
  const auto with = [](auto change) {
    TurnInput turn = turn_of("fine");
    turn.feedback = FeedbackInput{};
    change(turn);
    return turn;
  };
  EXPECT_EQ(reason_for(with([](TurnInput& t) { t.user_text = ""; })), "\"user_text\" is missing");
  EXPECT_EQ(reason_for(with([](TurnInput& t) { t.user_id = ""; })), "\"user_id\" is missing");
  EXPECT_EQ(reason_for(with([](TurnInput& t) { t.user_text = std::string(65537, 'a'); })),
            "\"user_text\" has 65537 bytes, more than the limit of 65536");
  EXPECT_EQ(reason_for(with([](TurnInput& t) { t.user_text = "a\xFF"; })),
            "\"user_text\" is not UTF-8 at byte 1");
  EXPECT_EQ(reason_for(with([](TurnInput& t) { t.assistant_response = std::string("a\0b", 3); })),
            "\"assistant_response\" holds a zero byte");
  EXPECT_EQ(reason_for(with([](TurnInput& t) { t.conversation_id = std::string(300, 'c'); })),
            "\"conversation_id\" has 300 bytes, more than the limit of 256");
  EXPECT_EQ(reason_for(with([](TurnInput& t) { t.feedback->satisfaction_score = 1.5; })),
            "\"satisfaction_score\" must lie between 0 and 1");
  EXPECT_EQ(
      reason_for(with([](TurnInput& t) { t.feedback->corrected_intent = "jane@example.org"; })),
      "\"corrected_intent\" looks like personal data, not like a label");
  EXPECT_EQ(reason_for(with([](TurnInput& t) {
              t.feedback->corrected_entities = std::vector<EntitySpan>{{2, 9, "X"}};
            })),
            "\"corrected_entities\" has an entry [2, 9] outside of the text's 4 characters");
  EXPECT_EQ(reason_for(with([](TurnInput& t) {
              t.feedback->corrected_entities = std::vector<EntitySpan>{{1, 3, "X"}, {0, 2, "Y"}};
            })),
            "\"corrected_entities\" has entries that overlap, [0, 2] and [1, 3]");
  EXPECT_EQ(reason_for(with([](TurnInput& t) { t.feedback->corrected_sentiment = "a\x7f"; })),
            "\"corrected_sentiment\" is a label with a line break or another control character");
  EXPECT_EQ(reason_for(with([](TurnInput& t) { t.context_used.resize(1000); })),
            "\"context_used\" has more than 256 entries");
  EXPECT_EQ(reason_for(with([](TurnInput&) {})), "");
  EXPECT_EQ(stored().size(), 1u);
}

TEST_F(CollectTest, IdsThatAreNumbersOrNamesOfPersonsAreStoredAsTheirKeyedHash) {
  const std::string secret = id_secret(env_, *store_);
  for (const char* user : {"491701234567", "cust#2125550187", "Jane Smith", "jane.smith"}) {
    TurnInput turn = turn_of("hello");
    turn.user_id = user;
    collector_->add_turn(1, turn);
    collector_->flush();
    const std::string stored = stored_id(user, secret, IdOf::kPerson);
    EXPECT_TRUE(stored.starts_with("id-")) << user;
    EXPECT_TRUE(on_disk(stored)) << user;
    EXPECT_FALSE(on_disk(user)) << user;
  }
  EXPECT_EQ(stored_id("u-17", secret, IdOf::kPerson), "u-17");
}

TEST_F(CollectTest, APersonaThatIsAPersonsNameGoesWhateverTheRecogniserSays) {
  // The recogniser of the test finds "Zoe" and nothing else.
  for (const char* persona : {"Maria Garcia", "Zoe Wintergreen", "technical-expert"}) {
    TurnInput turn = turn_of("hello");
    turn.persona = persona;
    collector_->add_turn(1, turn);
  }
  collector_->flush();
  EXPECT_FALSE(on_disk("Garcia"));
  EXPECT_FALSE(on_disk("Wintergreen"));
  EXPECT_TRUE(on_disk("technical-expert"));
  EXPECT_EQ(collector_->summary().redactions_by_kind.at("PERSON"), 2u);
}

TEST_F(CollectTest, ACorrectionSaysThatAStretchTakenForANameIsNone) {
  TurnInput turn = turn_of("about Zoe and Kafka", "u1");
  turn.feedback = FeedbackInput{};
  turn.feedback->corrected_entities = std::vector<EntitySpan>{{6, 9, "TECH"}};
  collector_->add_turn(1, turn);
  collector_->flush();
  EXPECT_EQ(stored()[0].turn.user_text, "about Zoe and Kafka");
  const auto kept = stored()[0].feedback[0].corrected_entities;
  EXPECT_EQ(kept->at(0), (EntitySpan{6, 9, "TECH"}));
}

TEST_F(CollectTest, EveryIdItGivesFindsItsTurnAgain) {
  CollectSettings settings;
  settings.tenant_id = "t";
  settings.group = 20000;
  Collector collector(env_, *store_, model_, settings);
  std::vector<std::string> ids;
  collector.on_stored([&](const StoredLine& line) { ids.push_back(line.turn_id); });
  for (int64_t i = 0; i < 6000; ++i) {
    TurnInput turn = turn_of("hello " + std::to_string(i));
    turn.said_at = 1000000 * i;
    collector.add_turn(static_cast<uint64_t>(i), std::move(turn));
  }
  collector.flush();
  ASSERT_EQ(ids.size(), 6000u);
  for (const std::string& id : ids) {
    FeedbackInput feedback;
    feedback.turn_id = id;
    feedback.satisfaction_score = 0.5;
    collector.add_feedback(0, feedback);
  }
  collector.flush();
  EXPECT_EQ(collector.summary().rejected, 0u);
}

TEST_F(CollectTest, OnlyTheFirstRejectionsAreListed) {
  for (uint64_t line = 0; line < 500; ++line) collector_->reject(line, "bad");
  EXPECT_EQ(collector_->summary().rejected, 500u);
  EXPECT_EQ(collector_->summary().rejections.size(), 100u);
}

TEST_F(CollectTest, ATurnSentAgainKeepsItsFeedback) {
  collector_->add_turn(1, turn_of("hello Zoe", "u1"));
  TurnInput again = turn_of("hello Zoe", "u1");
  again.feedback = FeedbackInput{};
  again.feedback->corrected_intent = "greet";
  collector_->add_turn(2, again);
  collector_->flush();
  EXPECT_EQ(collector_->summary().duplicates, 1u);
  EXPECT_EQ(collector_->summary().feedback, 1u);
  ASSERT_EQ(stored().size(), 1u);
  EXPECT_EQ(stored()[0].feedback.size(), 1u);
}

TEST_F(CollectTest, AnotherTurnUnderAKnownIdIsRefused) {
  collector_->add_turn(1, turn_of("hello", "u1"));
  collector_->flush();
  EXPECT_NE(reason_for(turn_of("something else", "u1")).find("another turn"), std::string::npos);
  TurnInput stranger = turn_of("hello", "u1");
  stranger.user_id = "bob";
  EXPECT_NE(reason_for(stranger), "");
  EXPECT_EQ(reason_for(turn_of("hello", "u1")), "");
  ASSERT_EQ(stored().size(), 1u);
  EXPECT_EQ(stored()[0].turn.user_text, "hello");
}

TEST_F(CollectTest, ConsentThatIsTakenBackWithdrawsTheText) {
  TurnInput turn = turn_of("withdrawncanary", "u1");
  turn.feedback = FeedbackInput{};
  turn.feedback->comment = "a comment";
  collector_->add_turn(1, turn);
  collector_->add_turn(2, turn_of("another", "u2"));
  collector_->flush();
  turn.user_id = "bob";
  turn.consent = false;
  collector_->add_turn(3, turn);
  collector_->flush();
  EXPECT_EQ(stored().size(), 2u) << "only who said it can take it back";
  turn.user_id = "ann";
  collector_->add_turn(4, turn);
  collector_->flush();
  ASSERT_EQ(stored().size(), 1u);
  EXPECT_EQ(stored()[0].turn.turn_id, "u2");
  EXPECT_EQ(collector_->summary().skipped_no_consent, 2u);
}

TEST_F(CollectTest, FeedbackForAConversationWhoseLastTurnWasNotStoredIsAboutNoEarlierOne) {
  FeedbackInput late;
  late.conversation_id = "c1";
  late.corrected_intent = "greet";
  collector_->add_turn(1, turn_of("first", "u1"));
  TurnInput silent = turn_of("second", "u2");
  silent.consent = false;
  collector_->add_turn(2, silent);
  collector_->add_feedback(3, late);
  collector_->flush();
  EXPECT_EQ(collector_->summary().rejected, 1u);
  EXPECT_TRUE(stored()[0].feedback.empty());
  collector_->add_turn(4, turn_of("third", "u3"));
  collector_->add_feedback(5, late);
  collector_->flush();
  EXPECT_EQ(stored()[1].feedback.size(), 1u);
}

TEST_F(CollectTest, FeedbackWithoutConsentIsNotKept) {
  collector_->add_turn(1, turn_of("hello", "u1"));
  FeedbackInput late;
  late.turn_id = "u1";
  late.comment = "commentcanary";
  late.consent = false;
  collector_->add_feedback(2, late);
  collector_->flush();
  EXPECT_TRUE(stored()[0].feedback.empty());
  EXPECT_FALSE(on_disk("commentcanary"));
  EXPECT_EQ(collector_->summary().skipped_no_consent, 1u);
}

TEST_F(CollectTest, LabelsThatCannotBeSeenOrToldApartAreRefused) {
  for (const char* label : {" ", "\u00a0", "\u2003\u3000", "\u200b", "\u2800", "\u3164", "\ufeff",
                            "\u200d", "\ufe0f", "greet\u200b", "gr\u00adeet", "\u202egreet"}) {
    TurnInput turn = turn_of("hello");
    turn.feedback = FeedbackInput{};
    turn.feedback->corrected_intent = label;
    EXPECT_NE(reason_for(turn), "") << label;
  }
  for (const char* label : {"greet", "zwei Worte", "\u2764\ufe0f", "\u0645\u06cc\u200c\u062e"}) {
    TurnInput turn = turn_of("hello");
    turn.feedback = FeedbackInput{};
    turn.feedback->corrected_intent = label;
    EXPECT_EQ(reason_for(turn), "") << label;
  }
}

}  // namespace
}  // namespace pawl::learn

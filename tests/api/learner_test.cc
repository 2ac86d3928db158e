// The interface as a program uses it; `pawl::v1` is what programs see as `pawl`.
#include "pawl/learner.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <future>
#include <thread>

#include "base/json.h"
#include "tests/pipeline/small_encoder.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::v1 {
namespace {

using pawl::test::TemporaryFolder;

std::vector<TrainingExample> two_intents() {
  std::vector<TrainingExample> examples;
  for (const char* thing : {"build", "test", "server", "query", "page", "job"}) {
    const std::string name = thing;
    examples.push_back({.text = "the " + name + " fails with an error",
                        .expected_intent = "debug_error",
                        .expected_sentiment = "negative"});
    examples.push_back({.text = "hello there dear " + name,
                        .expected_intent = "casual_chat",
                        .expected_sentiment = "positive"});
  }
  return examples;
}

class LearnerTest : public ::testing::Test {
 protected:
  void SetUp() override { pawl::test::write_tiny_pack(folder_ / "pack"); }

  EngineOptions options() {
    return {.workspace = folder_ / "workspace",
            .settings = {{"training.encoder", "none"},
                         {"training.min_updates", "20"},
                         {"training.n_iter", "2"},
                         {"learning.min_data_threshold", "2"}},
            .read_environment = false};
  }
  Engine init() {
    return Engine::init(options(), {.pipeline = folder_ / "pack", .examples = two_intents()});
  }
  static ConversationTurn turn(const std::string& text) {
    return {.user_text = text, .user_id = "u", .conversation_id = "c", .consent = true};
  }

  TemporaryFolder folder_;
};

template <typename Call>
ErrorKind kind_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::kInternal;
}

TEST_F(LearnerTest, TheVersionIsThatOfTheHeaders) {
  EXPECT_STREQ(version(), PAWL_VERSION_STRING);
}

TEST_F(LearnerTest, ADocumentOutlivesItsPipelineAndEngine) {
  std::vector<Doc> docs;
  {
    const Engine engine = init();
    const std::vector<std::string> texts = {"The job fails, again!", "hello"};
    docs = engine.pipeline().pipe(texts);
  }
  ASSERT_EQ(docs.size(), 2u);
  EXPECT_EQ(docs[0].text(), "The job fails, again!");
  ASSERT_EQ(docs[0].size(), 6u);
  const Token job = docs[0][1];
  EXPECT_EQ(job.text(), "job");
  EXPECT_EQ(job.start(), 4u);
  EXPECT_TRUE(job.has_space());
  EXPECT_EQ(docs[0][0].lower(), "the");
  EXPECT_EQ(docs[0][0].shape(), "Xxx");
  EXPECT_TRUE(docs[0][3].is_punct());
  EXPECT_GT(docs[0].cat("INTENT_debug_error"), 0.5f);
  EXPECT_EQ(docs[0].cat("no such label"), 0.0f);
  EXPECT_EQ(docs[0].char_span(4, 13).text(), "job fails");
  EXPECT_EQ(kind_of([&] { docs[0].char_span(5, 13); }), ErrorKind::kInvalidInput);
  EXPECT_EQ(parse_json(docs[0].to_json()).at("tokens").as_array().size(), 6u);
  EXPECT_FALSE(to_docbin(docs).empty());
}

TEST_F(LearnerTest, APipelineRunsTheComponentsThatAreEnabled) {
  const Engine engine = init();
  engine.export_pipeline(folder_ / "exported");
  const Pipeline nlp = Pipeline::load(folder_ / "exported");
  EXPECT_EQ(nlp.pipe_names(), (std::vector<std::string>{"intent", "sentiment"}));
  EXPECT_EQ(nlp.labels("intent").size(), 2u);
  const std::vector<std::string> sentiment = {"sentiment"};
  const Pipeline without = nlp.disable(sentiment);
  EXPECT_EQ(without.pipe_names(), (std::vector<std::string>{"intent"}));
  EXPECT_EQ(without.component_names().size(), 2u);
  EXPECT_EQ(without("hello").cats().size(), 2u);
  EXPECT_EQ(nlp("hello").cats().size(), 4u);
  EXPECT_EQ(without.enable(sentiment).pipe_names(), sentiment);
  const std::vector<std::string> nonsense = {"nonsense"};
  EXPECT_EQ(kind_of([&] { nlp.enable(nonsense); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { nlp.to_disk(folder_ / "exported"); }), ErrorKind::kInvalidInput);
  nlp.to_disk(folder_ / "copy");
  EXPECT_EQ(Pipeline::load(folder_ / "copy")("hello").cats(), nlp("hello").cats());
}

TEST_F(LearnerTest, ACollectedTurnIsDescribedAndOneWithoutConsentIsNotKept) {
  AutonomousLearner learner(init());
  ConversationTurn said = turn("the job fails, write to jane.doe@example.org");
  said.user_feedback = UserFeedback{.satisfaction_score = 0.2, .corrected_intent = "casual_chat"};
  const auto metadata = learner.collect_conversation_metadata("default", said);
  EXPECT_TRUE(metadata.stored);
  EXPECT_EQ(metadata.redactions, 1u);
  EXPECT_FALSE(metadata.intent_detected.empty());
  EXPECT_TRUE(metadata.correction_needed);
  EXPECT_EQ(metadata.data_types,
            (std::vector{LearningDataType::kConversation, LearningDataType::kUserFeedback,
                         LearningDataType::kIntentCorrection}));
  EXPECT_EQ(learner.add_feedback("default", metadata.turn_id, {.comment = "thanks"}),
            metadata.turn_id);
  said.consent = false;
  EXPECT_FALSE(learner.collect_conversation_metadata("default", said).stored);
  said.consent = true;
  said.user_text.clear();
  EXPECT_EQ(kind_of([&] { learner.collect_conversation_metadata("default", said); }),
            ErrorKind::kInvalidInput);
}

class Broken final : public Analyzer, public MemoryService {
 public:
  std::vector<Analysis> analyze(std::span<const std::string>) override {
    throw std::runtime_error("no analyzer today");
  }
  std::string store(const Memory&) override { throw std::runtime_error("no memory today"); }
  std::vector<Memory> query(const std::string&, const std::string&, std::size_t) override {
    return {};
  }
};

TEST_F(LearnerTest, ServicesThatFailAreSurvivedAndToldOf) {
  const auto broken = std::make_shared<Broken>();
  AutonomousLearner learner(init(), {.analyzer = broken, .memory = broken});
  const auto metadata = learner.collect_conversation_metadata("default", turn("the job fails"));
  EXPECT_TRUE(metadata.stored);
  EXPECT_EQ(metadata.intent_detected, "debug_error");
  ASSERT_EQ(metadata.warnings.size(), 2u);
  EXPECT_NE(metadata.warnings[0].find("no analyzer today"), std::string::npos);
  EXPECT_NE(metadata.warnings[1].find("no memory today"), std::string::npos);
}

// Hangs until it is let go, which the test does before it ends.
class Hanging final : public Analyzer, public MemoryService {
 public:
  std::vector<Analysis> analyze(std::span<const std::string>) override {
    go_.get_future().wait();
    return {};
  }
  std::string store(const Memory&) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return "late";
  }
  std::vector<Memory> query(const std::string&, const std::string&, std::size_t) override {
    return {};
  }
  void let_go() { go_.set_value(); }

 private:
  std::promise<void> go_;
};

TEST_F(LearnerTest, ServicesThatHangAreLeftBehindAfterTheLimitAndCounted) {
  const auto hanging = std::make_shared<Hanging>();
  AutonomousLearner learner(init(),
                            {.analyzer = hanging, .memory = hanging, .service_timeout = 0.05});
  const auto metadata = learner.collect_conversation_metadata("default", turn("the job fails"));
  hanging->let_go();
  EXPECT_TRUE(metadata.stored);
  EXPECT_EQ(metadata.intent_detected, "debug_error");
  ASSERT_EQ(metadata.warnings.size(), 2u);
  for (const std::string& warning : metadata.warnings)
    EXPECT_NE(warning.find("no answer within 0.05 s"), std::string::npos) << warning;
  EXPECT_EQ(learner.service_failures().analyzer, 1u);
  EXPECT_EQ(learner.get_learning_metrics().service_failures.memory, 1u);
  EXPECT_EQ(learner.service_failures().last_of_analyzer + "; the live model answered in its place",
            metadata.warnings[0]);
}

class Saying final : public Analyzer {
 public:
  explicit Saying(Analysis analysis) : analysis_(std::move(analysis)) {}
  std::vector<Analysis> analyze(std::span<const std::string>) override { return {analysis_}; }

 private:
  Analysis analysis_;
};

TEST_F(LearnerTest, AnAnswerThatIsBrokenIsTheLiveModelsToGive) {
  const Engine engine = init();
  const auto broken_by = [](auto change) {
    Analysis analysis;
    analysis.intent = "a";
    change(analysis);
    return analysis;
  };
  const std::vector<std::pair<Analysis, std::string>> broken = {
      {broken_by([](Analysis& a) { a.intent_confidence = std::nan(""); }),
       "intent_confidence is nan"},
      {broken_by([](Analysis& a) { a.sentiment_confidence = 1.5; }), "sentiment_confidence is 1.5"},
      {broken_by([](Analysis& a) { a.intent = "\xff"; }), "the intent is no label"},
      {broken_by([](Analysis& a) { a.intent = std::string(300, 'x'); }), "the intent is no label"},
      {broken_by([](Analysis& a) { a.entities = {{"job", "TECH", 4, 99}}; }),
       "an entity is not in the text"},
      {broken_by([](Analysis& a) { a.entities = {{"job", "", 4, 7}}; }), "an entity has no label"}};
  for (const auto& [analysis, words] : broken) {
    AutonomousLearner learner(engine, {.analyzer = std::make_shared<Saying>(analysis)});
    const auto metadata = learner.collect_conversation_metadata("default", turn("the job fails"));
    EXPECT_TRUE(metadata.stored);
    EXPECT_EQ(metadata.intent_detected, "debug_error");
    ASSERT_EQ(metadata.warnings.size(), 1u) << words;
    EXPECT_NE(metadata.warnings[0].find(words), std::string::npos) << metadata.warnings[0];
    EXPECT_EQ(learner.service_failures().analyzer, 1u);
  }
  for (const double limit : {0.0, -1.0, std::nan(""), 1e9})
    EXPECT_EQ(kind_of([&] { AutonomousLearner(engine, {.service_timeout = limit}); }),
              ErrorKind::kInvalidInput);
}

TEST_F(LearnerTest, AnEncoderThatCannotBeUsedIsRefusedByName) {
  AutonomousLearner learner(init());
  auto training = learner.training_pipeline().training_config();
  std::string told;
  try {
    training.set("encoder", (folder_ / "nothing").string());
  } catch (const Error& error) {
    told = error.what();
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
  }
  EXPECT_NE(told.find("training.encoder"), std::string::npos) << told;
  EXPECT_EQ(training.get("encoder"), SettingValue(std::string("none")));
}

TEST_F(LearnerTest, AnEncoderIsTheNextCyclesOnceItIsNamed) {
  Engine engine = init();
  AutonomousLearner learner(engine);
  const Path encoder = write_small_encoder(folder_ / "encoder", nn::Precision::kFloat32);
  learner.training_pipeline().training_config().set("encoder", encoder.string());
  ConversationTurn said = turn("the cat fails with an error");
  said.user_feedback = UserFeedback{.corrected_intent = "debug_error"};
  for (int i = 0; i < 6; ++i) {
    said.conversation_id = "c" + std::to_string(i);
    said.user_id = "u" + std::to_string(i);
    said.user_text += " now";
    learner.collect_conversation_metadata("default", said);
  }
  const auto result = learner.trigger_learning_cycle("default", {.force_training = true});
  EXPECT_NE(result.json.find("hybrid"), std::string::npos) << result.json;
}

TEST_F(LearnerTest, TheWorkspaceRemembersWithoutPersonalDataAndFindsByWords) {
  const Engine engine = init();
  const auto memory = workspace_memory(engine);
  AutonomousLearner learner(engine, {.memory = memory});
  learner.collect_conversation_metadata("default", turn("the printer fails with an error"));
  memory->store({.tenant_id = "default",
                 .content = "prefers tea, write to jane.doe@example.org",
                 .tags = {"taste"},
                 .metadata = {{"from", "chat"}}});
  const auto found = memory->query("default", "tea", 5);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].content.find("jane"), std::string::npos);
  EXPECT_EQ(found[0].tags, std::vector<std::string>{"taste"});
  EXPECT_EQ(found[0].metadata.at("from"), "chat");
  const auto turns = memory->query("default", "printer", 5);
  ASSERT_EQ(turns.size(), 1u);
  EXPECT_EQ(turns[0].memory_type, "insight");
  EXPECT_EQ(turns[0].metadata.at("intent"), "debug_error");
  EXPECT_EQ(kind_of([&] { memory->store({.tenant_id = "default", .content = ""}); }),
            ErrorKind::kInvalidInput);
}

TEST_F(LearnerTest, WhereThereIsAnEncoderMemoriesAreFoundByWhatTheyMean) {
  EngineOptions with = options();
  with.settings["training.encoder"] =
      write_small_encoder(folder_ / "encoder", nn::Precision::kFloat32).string();
  const Engine engine =
      Engine::init(with, {.pipeline = folder_ / "pack", .examples = two_intents()});
  const auto memory = workspace_memory(engine);
  for (const char* content : {"jazz rome soon wake it", "zebra", "the cat sat on the mat"})
    memory->store({.tenant_id = "default", .content = content});
  // The encoder knows neither word, which makes them one to it; they share no letters that matter.
  const auto found = memory->query("default", "giraffe", 5);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].content, "zebra");
  EXPECT_GT(found[0].score, 0);
  const auto by_both = memory->query("default", "jazz rome soon wake it", 1);
  ASSERT_EQ(by_both.size(), 1u);
  EXPECT_EQ(by_both[0].content, "jazz rome soon wake it");
  EXPECT_EQ(by_both[0].score, 1);
  EXPECT_EQ(memory->query("default", "", 5).front().content, "the cat sat on the mat");
}

class Fixed final : public Analyzer {
 public:
  std::vector<Analysis> analyze(std::span<const std::string> texts) override {
    Analysis analysis;
    analysis.intent = "from_outside";
    analysis.intent_confidence = 0.9;
    return std::vector<Analysis>(texts.size(), analysis);
  }
};

TEST_F(LearnerTest, AnAnalyzerOfTheProgramSaysWhatWasDetected) {
  AutonomousLearner learner(init(), {.analyzer = std::make_shared<Fixed>()});
  const auto metadata = learner.collect_conversation_metadata("default", turn("the job fails"));
  EXPECT_EQ(metadata.intent_detected, "from_outside");
  EXPECT_TRUE(metadata.generation.empty());
}

TEST_F(LearnerTest, ACycleReportsItsResultAndMetricsAgree) {
  AutonomousLearner learner(init());
  EXPECT_EQ(learner.trigger_learning_cycle().status, TrainingStatus::kSkipped);
  ConversationTurn said = turn("refund my payment");
  said.user_feedback = UserFeedback{.corrected_intent = "billing"};
  for (int i = 0; i < 3; ++i) {
    said.conversation_id = "c" + std::to_string(i);
    said.user_id = "u" + std::to_string(i);
    said.user_text += " now";
    learner.collect_conversation_metadata("default", said);
  }
  const auto result = learner.trigger_learning_cycle("default", {.force_training = true});
  EXPECT_EQ(result.status, TrainingStatus::kCompleted) << result.error_message;
  EXPECT_EQ(result.data_collected, 3u);
  const auto metrics = learner.get_learning_metrics();
  EXPECT_EQ(metrics.total_cycles, 2u);
  EXPECT_EQ(metrics.skipped_cycles, 1u);
  ASSERT_TRUE(metrics.last_cycle);
  EXPECT_EQ(metrics.last_cycle->cycle_id, result.cycle_id);
  EXPECT_EQ(to_string(metrics.last_cycle->status), "completed");
}

TEST_F(LearnerTest, ACycleThatIsAskedToStopIsInterrupted) {
  AutonomousLearner learner(init());
  ConversationTurn said = turn("refund my payment");
  said.user_feedback = UserFeedback{.corrected_intent = "billing"};
  learner.collect_conversation_metadata("default", said);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(kind_of([&] {
              learner.trigger_learning_cycle(
                  "default", {.force_training = true, .run = {.stop = stop.get_token()}});
            }),
            ErrorKind::kInterrupted);
  EXPECT_TRUE(learner.trigger_learning_cycle("default", {.force_training = true}).resumed);
}

TEST_F(LearnerTest, SettingsAreReadAndChangedByTheirDocumentedNames) {
  AutonomousLearner learner(init());
  auto config = learner.learning_config();
  EXPECT_EQ(config.get("min_data_threshold"), SettingValue(int64_t{2}));
  config.update({{"min_data_threshold", int64_t{100}}, {"quality_threshold", 0.8}});
  EXPECT_EQ(learner.engine().setting("learning.quality_threshold"), SettingValue(0.8));
  EXPECT_EQ(kind_of([&] { config.update({{"quality_threshold", 0.5}, {"nonsense", 1.0}}); }),
            ErrorKind::kInvalidInput);
  EXPECT_EQ(config.get("quality_threshold"), SettingValue(0.8));
  EXPECT_EQ(kind_of([&] { config.set("quality_threshold", 7.0); }), ErrorKind::kInvalidInput);
  EXPECT_TRUE(learner.training_pipeline().training_config().values().contains("n_iter"));
  EXPECT_TRUE(learner.model_validator().validation_thresholds().values().contains("accuracy"));
}

TEST_F(LearnerTest, SettingsAreKnownBeforeThereIsAWorkspace) {
  const auto begins = Engine::settings_at_start(options(), "learning");
  EXPECT_EQ(begins.at("min_data_threshold"), SettingValue(int64_t{2}));
  auto wrong = options();
  wrong.settings["learning.quality_threshold"] = "7";
  EXPECT_EQ(kind_of([&] { Engine::settings_at_start(wrong, "learning"); }),
            ErrorKind::kInvalidInput);
}

TEST_F(LearnerTest, TheLiveModelIsBackedUpAndGoingBackToItChangesNothing) {
  AutonomousLearner learner(init());
  auto pipeline = learner.training_pipeline();
  const std::string backup = pipeline.backup_current_model();
  EXPECT_EQ(pipeline.backup_current_model(), backup);
  EXPECT_EQ(pipeline.rollback_model(backup), learner.engine().generations().front().id);
  EXPECT_EQ(persona_for("optimize_code"), "technical-expert");
  EXPECT_EQ(kind_of([&] { pipeline.backup_current_model("nobody"); }), ErrorKind::kNotFound);
}

TEST_F(LearnerTest, TheValidatorMeasuresTheLiveModel) {
  AutonomousLearner learner(init());
  auto examples = two_intents();
  const auto all = learner.model_validator().validate(examples);
  EXPECT_EQ(all.intent_accuracy, 1.0);
  EXPECT_FALSE(all.entity_accuracy);
  for (auto& e : examples) e.expected_intent = "nobody says this";
  EXPECT_EQ(learner.model_validator().validate(examples).intent_accuracy, 0.0);
  EXPECT_EQ(kind_of([&] { learner.model_validator().validate({}); }), ErrorKind::kInvalidInput);
}

TEST_F(LearnerTest, ABackupThatThereIsNotIsRefused) {
  AutonomousLearner learner(init());
  EXPECT_EQ(kind_of([&] { learner.training_pipeline().rollback_model("nonsense"); }),
            ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { learner.get_learning_metrics("nobody"); }), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace pawl::v1

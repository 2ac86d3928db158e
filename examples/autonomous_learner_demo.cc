// A walk through the library: a workspace learns from conversations, and goes back.
//   autonomous_learner_demo [WORKSPACE]    the folder must not exist; default: pawl-demo
// The last step exports to WORKSPACE-exported.
#include <pawl/learner.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

struct Labelled {
  const char *text, *intent, *sentiment;
};

constexpr Labelled kFirst[] = {
    {"my build fails with an ImportError", "debug_error", "frustrated"},
    {"there is an exception in the log again", "debug_error", "frustrated"},
    {"the test crashes with a traceback", "debug_error", "negative"},
    {"this error comes back whenever I deploy", "debug_error", "frustrated"},
    {"how do I make this loop faster", "optimize_code", "neutral"},
    {"this query is slow, can it be optimized", "optimize_code", "neutral"},
    {"reduce the memory this function needs", "optimize_code", "neutral"},
    {"speed up my sorting code please", "optimize_code", "positive"},
    {"hello there, how are you today", "casual_chat", "positive"},
    {"good morning, nice to see you", "casual_chat", "positive"},
    {"thanks, you are great", "casual_chat", "positive"},
    {"hi, what a lovely day", "casual_chat", "excited"},
};

// What people say later, and how they correct what was understood.
constexpr const char* kThings[] = {"job",    "page",  "server", "parser", "cache",  "worker",
                                   "script", "index", "client", "queue",  "socket", "thread"};
constexpr const char* kBilling[] = {"I was charged twice for the ", "refund my payment for the ",
                                    "the invoice is wrong for the ", "cancel the bill of my "};

constexpr const char* kWhen[] = {"", " today", " last week", " this month", " again"};

std::vector<pawl::TrainingExample> first_examples() {
  std::vector<pawl::TrainingExample> examples;
  for (const auto& e : kFirst)
    examples.push_back(
        {.text = e.text, .expected_intent = e.intent, .expected_sentiment = e.sentiment});
  return examples;
}

void show(const pawl::Analysis& analysis) {
  std::printf("  %-44s %s (%.2f), %s, %s\n", analysis.text.c_str(), analysis.intent.c_str(),
              analysis.intent_confidence, analysis.sentiment.c_str(), analysis.persona.c_str());
}

void show(const pawl::LearningCycleResult& result) {
  const std::string status(pawl::to_string(result.status));
  std::printf("  cycle %s, %llu turns with feedback, %llu examples\n", status.c_str(),
              static_cast<unsigned long long>(result.data_collected),
              static_cast<unsigned long long>(result.examples_created));
  if (result.validation && result.validation->intent_accuracy) {
    std::printf("  intents right on held-out texts: live %.2f, candidate %.2f; %zu tests\n",
                result.validation->incumbent.intent_accuracy.value_or(0),
                *result.validation->intent_accuracy, result.validation->tests.size());
  }
  std::printf("  %s\n", result.model_improved ? ("live now: " + result.generation).c_str()
                                              : "the live model stays");
}

// Remembers in a list: what a program's own service would do.
class ListMemory final : public pawl::MemoryService {
 public:
  std::string store(const pawl::Memory& memory) override {
    memories.push_back(memory);
    return std::to_string(memories.size());
  }
  std::vector<pawl::Memory> query(const std::string&, const std::string&, std::size_t) override {
    return memories;
  }
  std::vector<pawl::Memory> memories;
};

class WatchStages final : public pawl::Progress {
 public:
  void begin(std::string_view stage, std::uint64_t) override {
    std::printf("  ... %.*s\n", static_cast<int>(stage.size()), stage.data());
  }
};

void collect_turns(pawl::AutonomousLearner& learner) {
  int turns = 0;
  for (const char* when : kWhen) {
    for (const char* thing : kThings) {
      for (const char* complaint : kBilling) {
        const std::string number = std::to_string(++turns);
        learner.collect_conversation_metadata(
            "default", {.user_text = complaint + std::string(thing) + when,
                        .assistant_response = "Here is how to fix that error.",
                        .user_id = "user-" + number,
                        .conversation_id = "billing-" + number,
                        .consent = true,
                        .user_feedback = pawl::UserFeedback{
                            .satisfaction_score = 0.1, .corrected_intent = "billing_question"}});
      }
    }
  }
  std::printf("  %d turns collected\n", turns);
}

void show_metadata(pawl::AutonomousLearner& learner) {
  const auto metadata = learner.collect_conversation_metadata(
      "default",
      {.user_text = "write to jane.doe@example.org, the build fails again",
       .user_id = "user-a",
       .consent = true,
       .user_feedback = pawl::UserFeedback{.satisfaction_score = 0.9, .response_quality = 0.8}});
  std::printf("  turn stored: %s; %llu piece of personal data removed; intent %s\n",
              metadata.stored ? "yes" : "no", static_cast<unsigned long long>(metadata.redactions),
              metadata.intent_detected.c_str());
  const auto silent = learner.collect_conversation_metadata(
      "default", {.user_text = "keep this", .consent = false});
  std::printf("  a turn without consent is stored: %s\n", silent.stored ? "yes" : "no");
}

int run(const std::string& folder) {
  std::printf("pawl %s\n\n1. A workspace from %zu examples\n", pawl::version(), std::size(kFirst));
  const pawl::EngineOptions options = {.workspace = folder,
                                       .settings = {{"training.encoder", "none"},
                                                    {"training.min_updates", "100"},
                                                    {"training.validation_split", "0.5"}}};
  WatchStages watch;
  auto engine =
      pawl::Engine::init(options, {.examples = first_examples()}, "default", {.progress = &watch});
  const std::vector<std::string> questions = {"the build fails again with an error",
                                              "can you make this code faster",
                                              "I was charged twice this month"};
  for (const auto& analysis : engine.analyze(questions)) show(analysis);

  std::printf("\n2. The live pipeline, as documents\n");
  const auto doc = engine.pipeline()("Make this loop faster, please!");
  for (std::size_t i = 0; i < doc.size(); ++i)
    std::printf("  %.*s/%s", static_cast<int>(doc[i].text().size()), doc[i].text().data(),
                doc[i].shape().c_str());
  std::printf("\n  %s\n", doc.to_json().substr(0, 60).c_str());

  std::printf("\n3. Conversations, with consent and without\n");
  auto memory = std::make_shared<ListMemory>();
  pawl::AutonomousLearner learner(engine, {.memory = memory});
  show_metadata(learner);
  collect_turns(learner);
  std::printf("  the memory service took %zu of them\n", memory->memories.size());

  std::printf("\n4. Settings by their documented names\n");
  auto config = learner.learning_config();
  config.update({{"min_data_threshold", std::int64_t{20}}, {"quality_threshold", 0.6}});
  std::printf("  learning.min_data_threshold = %lld\n",
              static_cast<long long>(std::get<std::int64_t>(config.get("min_data_threshold"))));
  try {
    config.set("min_data_treshold", std::int64_t{1});
  } catch (const pawl::Error& error) {
    std::printf("  refused: %s\n", error.what());
  }

  std::printf("\n5. Learning cycles: the first brings examples, later ones may deploy\n");
  learner.model_validator().validation_thresholds().update(
      {{"intent_accuracy", 0.0}, {"alpha", 0.5}, {"margin", 0.2}});
  auto result = learner.trigger_learning_cycle("default", {.force_training = true});
  show(result);
  for (const auto& analysis : engine.analyze(questions)) show(analysis);

  std::printf("\n6. Metrics, validation, and the way back\n");
  const auto metrics = learner.get_learning_metrics();
  std::printf("  cycles %llu, of them failed %llu, improvements %llu\n",
              static_cast<unsigned long long>(metrics.total_cycles),
              static_cast<unsigned long long>(metrics.failed_cycles),
              static_cast<unsigned long long>(metrics.model_improvements));
  const auto measured = learner.model_validator().validate(first_examples());
  std::printf("  intents of the first examples right: %.2f\n",
              measured.intent_accuracy.value_or(0));
  if (result.model_improved) {
    const auto back = learner.training_pipeline().rollback_model(result.backup_id);
    std::printf("  back to %s\n", back.c_str());
  }
  for (const auto& generation : engine.generations())
    std::printf("  %s %s: %s\n", generation.live ? "*" : " ", generation.id.c_str(),
                generation.state.c_str());

  std::printf("\n7. What spacy.load() opens\n");
  const auto beside = folder + "-exported";
  std::printf("  generation %s exported\n", engine.export_pipeline(beside).c_str());
  const auto loaded = pawl::Pipeline::load(beside);
  std::printf("  %zu components, %s\n", loaded.pipe_names().size(), loaded.lang().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : "pawl-demo");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "autonomous_learner_demo: %s\n", error.what());
    return 1;
  }
}

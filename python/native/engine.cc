// Engine, learning and memory. Values go in and out as dictionaries that the Python package has
// checked; it makes them into its own types.
#include <nanobind/stl/map.h>
#include <pawl/learner.h>

#include <functional>
#include <memory>

#include "bindings.h"

namespace pawl_python {
namespace {

// A run that Python watches and stops. `observer` (or None) is called with an event's name, a text
// and a number; what it raises ends the run.
class Run final : public pawl::Progress {
 public:
  Run(nb::object observer, bool signals) : observer_(std::move(observer)), signals_(signals) {}

  void request_stop() { source_.request_stop(); }
  bool stopping() const { return source_.stop_requested(); }
  pawl::RunOptions options() { return {.stop = source_.get_token(), .progress = this}; }

  void begin(std::string_view stage, std::uint64_t total) override { tell("begin", stage, total); }
  void advance(std::uint64_t steps) override { tell("advance", "", steps); }
  void note(std::string_view text) override { tell("note", text, 0); }
  void end() override { tell("end", "", 0); }

  // Where the run is the main thread's, Ctrl-C is seen here.
  bool stop_requested() const override {
    if (!signals_ || raised_) return raised_ != nullptr;
    const nb::gil_scoped_acquire locked;
    if (PyErr_CheckSignals() != 0) keep_raised();
    return raised_ != nullptr;
  }

  // With the GIL, after the work.
  void raise_what_was_raised() {
    if (!raised_) return;
    const std::unique_ptr<nb::python_error> raised = std::move(raised_);
    throw nb::python_error(std::move(*raised));
  }

 private:
  void keep_raised() const {
    if (!raised_)
      raised_ = std::make_unique<nb::python_error>();
    else
      PyErr_Clear();
  }

  void tell(const char* event, std::string_view text, std::uint64_t number) {
    if (observer_.is_none() || raised_) return;
    const nb::gil_scoped_acquire locked;
    try {
      observer_(event, nb::str(text.data(), text.size()), number);
    } catch (nb::python_error& error) {
      raised_ = std::make_unique<nb::python_error>(std::move(error));
    }
  }

  nb::object observer_;
  bool signals_;
  std::stop_source source_;
  mutable std::unique_ptr<nb::python_error> raised_;
};

template <typename Work>
auto watched(Run& run, Work work) {
  try {
    auto result = [&] {
      const nb::gil_scoped_release unlocked;
      return work(run.options());
    }();
    run.raise_what_was_raised();
    return result;
  } catch (const pawl::Error&) {
    run.raise_what_was_raised();
    throw;
  }
}

template <typename T>
std::optional<T> maybe(const nb::dict& values, const char* key) {
  if (!values.contains(key)) return std::nullopt;
  const nb::object value = values[key];
  if (value.is_none()) return std::nullopt;
  return nb::cast<T>(value);
}

std::string text_in(const nb::dict& values, const char* key) {
  if (!values.contains(key)) return "";
  const nb::object value = values[key];
  return value.is_none() ? std::string() : text_of(value, key);
}

std::optional<std::string> maybe_text(const nb::dict& values, const char* key) {
  if (!values.contains(key)) return std::nullopt;
  const nb::object value = values[key];
  if (value.is_none()) return std::nullopt;
  return text_of(value, key);
}

using Triple = std::tuple<std::int64_t, std::int64_t, std::string>;

std::optional<std::vector<pawl::EntitySpan>> maybe_spans(const nb::dict& values, const char* key) {
  if (!values.contains(key)) return std::nullopt;
  const nb::object given = values[key];
  if (given.is_none()) return std::nullopt;
  std::vector<pawl::EntitySpan> out;
  for (const nb::handle span : nb::cast<nb::iterable>(given))
    out.push_back(
        {nb::cast<std::int64_t>(span[0]), nb::cast<std::int64_t>(span[1]), text_of(span[2], key)});
  return out;
}

pawl::TrainingExample example_of(nb::handle given) {
  const auto values = nb::cast<nb::dict>(given);
  pawl::TrainingExample out;
  out.text = text_in(values, "text");
  out.expected_intent = maybe_text(values, "expected_intent");
  out.expected_sentiment = maybe_text(values, "expected_sentiment");
  out.expected_persona = maybe_text(values, "expected_persona");
  out.expected_entities = maybe_spans(values, "expected_entities");
  return out;
}

std::vector<pawl::TrainingExample> examples_of(nb::handle given) {
  std::vector<pawl::TrainingExample> out;
  for (const nb::handle example : nb::cast<nb::iterable>(given)) out.push_back(example_of(example));
  return out;
}

pawl::UserFeedback feedback_of(const nb::dict& values) {
  pawl::UserFeedback out;
  out.satisfaction_score = maybe<double>(values, "satisfaction_score");
  out.response_quality = maybe<double>(values, "response_quality");
  out.needs_correction = maybe<bool>(values, "needs_correction");
  out.corrected_intent = maybe_text(values, "corrected_intent");
  out.corrected_sentiment = maybe_text(values, "corrected_sentiment");
  out.corrected_entities = maybe_spans(values, "corrected_entities");
  out.preferred_persona = maybe_text(values, "preferred_persona");
  out.comment = text_in(values, "comment");
  return out;
}

pawl::ConversationTurn turn_of(const nb::dict& values) {
  pawl::ConversationTurn out;
  out.user_text = text_in(values, "user_text");
  out.assistant_response = text_in(values, "assistant_response");
  out.user_id = text_in(values, "user_id");
  out.conversation_id = text_in(values, "conversation_id");
  out.session_id = text_in(values, "session_id");
  out.turn_id = text_in(values, "turn_id");
  out.persona = text_in(values, "persona");
  out.said_at = maybe<std::int64_t>(values, "said_at");
  out.consent = maybe<bool>(values, "consent");
  if (values.contains("context_used"))
    out.context_used = texts_of(values["context_used"], "context_used");
  if (values.contains("user_feedback") && !nb::object(values["user_feedback"]).is_none())
    out.user_feedback = feedback_of(nb::cast<nb::dict>(values["user_feedback"]));
  return out;
}

// What an analyzer of the program made of a text.
pawl::Analysis analysis_of(const nb::dict& values) {
  pawl::Analysis out;
  out.intent = text_in(values, "intent");
  out.sentiment = text_in(values, "sentiment");
  out.persona = text_in(values, "persona");
  out.intent_confidence = maybe<double>(values, "intent_confidence").value_or(0);
  out.sentiment_confidence = maybe<double>(values, "sentiment_confidence").value_or(0);
  for (const nb::handle given : nb::cast<nb::iterable>(values["entities"]))
    out.entities.push_back({text_of(given[0], "entities"), text_of(given[1], "entities"),
                            nb::cast<std::uint32_t>(given[2]), nb::cast<std::uint32_t>(given[3])});
  return out;
}

nb::list entities_of(const std::vector<pawl::Entity>& entities) {
  nb::list out;
  for (const auto& e : entities) out.append(nb::make_tuple(e.text, e.label, e.start, e.end));
  return out;
}

// What the pipeline has no components for is left out.
void add_annotations(const pawl::LinguisticFeatures& features, nb::dict& out) {
  if (features.is_imperative) out["is_imperative"] = *features.is_imperative;
  if (features.is_negated) out["is_negated"] = *features.is_negated;
  nb::list sentences;
  for (const auto& s : features.sentences) {
    nb::dict one;
    one["start"] = s.start;
    one["end"] = s.end;
    one["is_question"] = s.is_question;
    if (s.is_imperative) one["is_imperative"] = *s.is_imperative;
    if (s.is_negated) one["is_negated"] = *s.is_negated;
    sentences.append(one);
  }
  if (!features.sentences.empty()) out["sentences"] = sentences;
  nb::dict parts;
  for (const auto& [pos, count] : features.parts_of_speech) parts[pos.c_str()] = count;
  if (!features.parts_of_speech.empty()) out["parts_of_speech"] = parts;
  if (!features.noun_chunks) return;
  nb::list chunks;
  for (const auto& c : *features.noun_chunks) {
    nb::dict one;
    one["start"] = c.start;
    one["end"] = c.end;
    chunks.append(one);
  }
  out["noun_chunks"] = chunks;
}

nb::dict features_of(const pawl::LinguisticFeatures& features) {
  nb::dict out;
  out["characters"] = features.characters;
  out["is_question"] = features.is_question;
  out["exclamations"] = features.exclamations;
  out["uppercase_share"] = features.uppercase_share;
  if (!features.tokenized) return out;
  out["tokens"] = features.tokens;
  out["words"] = features.words;
  out["numbers"] = features.numbers;
  out["urls"] = features.urls;
  add_annotations(features, out);
  return out;
}

nb::dict dict_of(const pawl::Analysis& analysis) {
  nb::dict out;
  out["text"] = analysis.text;
  out["intent"] = analysis.intent;
  out["sentiment"] = analysis.sentiment;
  out["persona"] = analysis.persona;
  out["persona_reason"] = analysis.persona_reason;
  out["intent_confidence"] = analysis.intent_confidence;
  out["guess"] = analysis.guess;
  out["out_of_scope_score"] = analysis.out_of_scope_score;
  out["sentiment_confidence"] = analysis.sentiment_confidence;
  out["entities"] = entities_of(analysis.entities);
  out["linguistic_features"] = features_of(analysis.linguistic_features);
  out["generation"] = analysis.generation;
  out["degraded"] = analysis.degraded;
  out["warnings"] = analysis.warnings;
  return out;
}

nb::dict dict_of(const pawl::ConversationMetadata& turn) {
  nb::dict out;
  out["tenant_id"] = turn.tenant_id;
  out["turn_id"] = turn.turn_id;
  out["conversation_id"] = turn.conversation_id;
  out["user_id"] = turn.user_id;
  out["session_id"] = turn.session_id;
  out["timestamp"] = turn.timestamp;
  out["intent_detected"] = turn.intent_detected;
  out["sentiment_detected"] = turn.sentiment_detected;
  out["persona_selected"] = turn.persona_selected;
  out["persona_reason"] = turn.persona_reason;
  out["intent_confidence"] = turn.intent_confidence;
  out["sentiment_confidence"] = turn.sentiment_confidence;
  out["user_satisfaction"] =
      turn.user_satisfaction ? nb::cast(*turn.user_satisfaction) : nb::none();
  out["response_quality"] = turn.response_quality ? nb::cast(*turn.response_quality) : nb::none();
  out["entities"] = entities_of(turn.entities_extracted);
  out["linguistic_features"] = features_of(turn.linguistic_features);
  out["context_used"] = turn.context_used;
  out["feedback_provided"] = turn.feedback_provided;
  out["correction_needed"] = turn.correction_needed;
  nb::list types;
  for (const auto type : turn.data_types) types.append(std::string(pawl::to_string(type)));
  out["data_types"] = types;
  out["generation"] = turn.generation;
  out["stored"] = turn.stored;
  out["redactions"] = turn.redactions;
  out["warnings"] = turn.warnings;
  return out;
}

nb::dict dict_of(const pawl::Memory& memory) {
  nb::dict out;
  out["id"] = memory.id;
  out["tenant_id"] = memory.tenant_id;
  out["user_id"] = memory.user_id;
  out["content"] = memory.content;
  out["memory_type"] = memory.memory_type;
  out["tags"] = memory.tags;
  out["ai_generated"] = memory.ai_generated;
  out["metadata"] = memory.metadata;
  out["created_at"] = memory.created_at;
  out["score"] = memory.score;
  return out;
}

nb::dict dict_of(const pawl::Generation& generation) {
  nb::dict out;
  out["id"] = generation.id;
  out["parent"] = generation.parent;
  out["cycle_id"] = generation.cycle_id;
  out["state"] = generation.state;
  out["reason"] = generation.reason;
  out["backup_id"] = generation.backup_id;
  out["created_at"] = generation.created_at;
  out["live_since"] = generation.live_since ? nb::cast(*generation.live_since) : nb::none();
  out["live"] = generation.live;
  return out;
}

nb::dict dict_of(const pawl::ValidationScores& scores) {
  const auto share = [](const std::optional<double>& value) {
    return value ? nb::cast(*value) : nb::none();
  };
  nb::dict out;
  out["accuracy"] = scores.accuracy;
  out["precision"] = scores.precision;
  out["recall"] = scores.recall;
  out["f1_score"] = scores.f1_score;
  out["intent_accuracy"] = share(scores.intent_accuracy);
  out["sentiment_accuracy"] = share(scores.sentiment_accuracy);
  out["entity_accuracy"] = share(scores.entity_accuracy);
  return out;
}

nb::object object_of(const pawl::SettingValue& value) {
  return std::visit([](const auto& held) { return nb::cast(held); }, value);
}

nb::dict dict_of(const std::map<std::string, pawl::SettingValue>& settings) {
  nb::dict out;
  for (const auto& [key, value] : settings) out[nb::cast(key)] = object_of(value);
  return out;
}

pawl::SettingValue setting_of(nb::handle value, const std::string& key) {
  if (PyBool_Check(value.ptr())) return nb::cast<bool>(value);
  if (PyLong_Check(value.ptr())) {
    std::int64_t number = 0;
    if (nb::try_cast(value, number)) return number;
    throw pawl::Error(pawl::ErrorKind::kInvalidInput, "\"" + key + "\" is too large a number");
  }
  if (PyFloat_Check(value.ptr())) return nb::cast<double>(value);
  if (PyUnicode_Check(value.ptr())) return text_of(value, key.c_str());
  throw TypeProblem("\"" + key + "\" must be a bool, int, float or str, not " + kind_of(value));
}

// Takes what the learner tells its memory: the program's own service is called from Python.
class Told final : public pawl::MemoryService {
 public:
  std::string store(const pawl::Memory& memory) override {
    told = memory;
    return "";
  }
  std::vector<pawl::Memory> query(const std::string&, const std::string&, std::size_t) override {
    return {};
  }
  std::optional<pawl::Memory> told;
};

class Given final : public pawl::Analyzer {
 public:
  explicit Given(pawl::Analysis analysis) : analysis_(std::move(analysis)) {}
  std::vector<pawl::Analysis> analyze(std::span<const std::string> texts) override {
    return std::vector<pawl::Analysis>(texts.size(), analysis_);
  }

 private:
  pawl::Analysis analysis_;
};

// The metadata, and what a memory service is to be told (None when nothing was stored).
nb::tuple collect(const pawl::Engine& engine, const std::string& tenant, const nb::dict& given,
                  nb::object analysis) {
  const pawl::ConversationTurn turn = turn_of(given);
  const auto memory = std::make_shared<Told>();
  pawl::LearnerOptions options;
  options.memory = memory;
  if (!analysis.is_none())
    options.analyzer = std::make_shared<Given>(analysis_of(nb::cast<nb::dict>(analysis)));
  pawl::ConversationMetadata collected;
  {
    const nb::gil_scoped_release unlocked;
    collected =
        pawl::AutonomousLearner(engine, options).collect_conversation_metadata(tenant, turn);
  }
  nb::object told = nb::none();
  if (memory->told) told = dict_of(*memory->told);
  return nb::make_tuple(dict_of(collected), told);
}

pawl::EngineOptions options_of(const std::string& workspace,
                               const std::map<std::string, std::string>& settings,
                               bool read_environment) {
  return {.workspace = workspace, .settings = settings, .read_environment = read_environment};
}

void bind_workspace(nb::class_<pawl::Engine>& type) {
  using pawl::Engine;
  type.def_static("open",
                  [](const std::string& workspace,
                     const std::map<std::string, std::string>& settings, bool read_environment) {
                    const nb::gil_scoped_release unlocked;
                    return Engine::open(options_of(workspace, settings, read_environment));
                  })
      .def_static(
          "init",
          [](const std::string& workspace, const std::map<std::string, std::string>& settings,
             bool read_environment, const nb::dict& given, const std::string& tenant, Run& run) {
            pawl::InitOptions init;
            init.pipeline = text_in(given, "pipeline");
            if (const auto lang = maybe_text(given, "lang")) init.lang = *lang;
            init.examples = examples_of(given["examples"]);
            for (const auto& folder : texts_of(given["site_packages"], "site_packages"))
              init.site_packages.emplace_back(folder);
            return watched(run, [&](const pawl::RunOptions& watch) {
              return Engine::init(options_of(workspace, settings, read_environment), init, tenant,
                                  watch);
            });
          })
      .def_static(
          "settings_at_start",
          [](const std::string& workspace, const std::map<std::string, std::string>& settings,
             bool read_environment, const std::string& group) {
            return dict_of(Engine::settings_at_start(
                options_of(workspace, settings, read_environment), group));
          })
      .def_prop_ro("workspace", [](const Engine& e) { return e.workspace().string(); })
      .def_prop_ro("warnings", &Engine::warnings)
      .def("tenants",
           [](const Engine& e) {
             const nb::gil_scoped_release unlocked;
             return e.tenants();
           })
      .def("pipeline", [](const Engine& e, const std::string& tenant) {
        const nb::gil_scoped_release unlocked;
        return e.pipeline(tenant);
      });
}

void bind_models(nb::class_<pawl::Engine>& type) {
  using pawl::Engine;
  type.def(
          "analyze",
          [](const Engine& e, nb::handle given, const std::string& tenant,
             const std::string& user_id) {
            const auto texts = texts_of(given, "texts");
            std::vector<pawl::Analysis> analyses;
            {
              const nb::gil_scoped_release unlocked;
              analyses = e.analyze(texts, tenant, user_id);
            }
            nb::list out;
            for (const auto& analysis : analyses) out.append(dict_of(analysis));
            return out;
          },
          nb::arg("texts").none(), nb::arg("tenant"), nb::arg("user_id") = "")
      .def("generations",
           [](const Engine& e, const std::string& tenant) {
             std::vector<pawl::Generation> generations;
             {
               const nb::gil_scoped_release unlocked;
               generations = e.generations(tenant);
             }
             nb::list out;
             for (const auto& generation : generations) out.append(dict_of(generation));
             return out;
           })
      .def("rollback",
           [](const Engine& e, const std::string& to, const std::string& tenant,
              const std::string& reason) {
             const nb::gil_scoped_release unlocked;
             return e.rollback(to, tenant, reason);
           })
      .def("rollback_to_backup",
           [](const Engine& e, const std::string& backup, const std::string& tenant) {
             const nb::gil_scoped_release unlocked;
             return pawl::AutonomousLearner(e).training_pipeline().rollback_model(backup, tenant);
           })
      .def("back_up",
           [](const Engine& e, const std::string& tenant) {
             const nb::gil_scoped_release unlocked;
             return pawl::AutonomousLearner(e).training_pipeline().backup_current_model(tenant);
           })
      .def("export_pipeline",
           [](const Engine& e, const std::string& folder, const std::string& tenant) {
             const nb::gil_scoped_release unlocked;
             return e.export_pipeline(folder, tenant);
           })
      .def("settings",
           [](const Engine& e, const std::string& group) { return dict_of(e.settings(group)); })
      .def("change_settings", [](const Engine& e, const nb::dict& given) {
        std::map<std::string, pawl::SettingValue> values;
        for (const auto& [key, value] : given) {
          const std::string name = text_of(key, "a setting's name");
          values.emplace(name, setting_of(value, name));
        }
        e.change_settings(values);
      });
}

void bind_learning(nb::class_<pawl::Engine>& type) {
  using pawl::Engine;
  type.def("collect", &collect, nb::arg("tenant"), nb::arg("turn"), nb::arg("analysis").none())
      .def("add_feedback",
           [](const Engine& e, const std::string& tenant, const std::string& turn_id,
              const nb::dict& given, const std::string& conversation_id) {
             const pawl::UserFeedback feedback = feedback_of(given);
             const nb::gil_scoped_release unlocked;
             return pawl::AutonomousLearner(e).add_feedback(tenant, turn_id, feedback,
                                                            conversation_id);
           })
      .def("learn",
           [](const Engine& e, const std::string& tenant, bool force, Run& run) {
             const auto result = watched(run, [&](const pawl::RunOptions& watch) {
               return pawl::AutonomousLearner(e).trigger_learning_cycle(
                   tenant, {.force_training = force, .run = watch});
             });
             return nb::make_tuple(result.json, result.resumed, result.warnings);
           })
      .def("metrics",
           [](const Engine& e, const std::string& tenant) {
             const nb::gil_scoped_release unlocked;
             return pawl::AutonomousLearner(e).get_learning_metrics(tenant).json;
           })
      .def("validate", [](const Engine& e, nb::handle given, const std::string& tenant) {
        const auto examples = examples_of(given);
        pawl::ValidationResult result;
        {
          const nb::gil_scoped_release unlocked;
          result = pawl::AutonomousLearner(e).model_validator().validate(examples, tenant);
        }
        nb::dict out = dict_of(result);
        out["passed_threshold"] = result.passed_threshold;
        out["incumbent"] = dict_of(result.incumbent);
        return out;
      });
}

void bind_memory(nb::class_<pawl::Engine>& type) {
  using pawl::Engine;
  type.def("store_memory",
           [](const Engine& e, const nb::dict& given) {
             pawl::Memory memory;
             memory.tenant_id = text_in(given, "tenant_id");
             memory.user_id = text_in(given, "user_id");
             memory.content = text_in(given, "content");
             memory.memory_type = text_in(given, "memory_type");
             memory.tags = texts_of(given["tags"], "tags");
             memory.ai_generated = nb::cast<bool>(given["ai_generated"]);
             for (const auto& [key, value] : nb::cast<nb::dict>(given["metadata"]))
               memory.metadata[text_of(key, "metadata")] = text_of(value, "metadata");
             const nb::gil_scoped_release unlocked;
             return pawl::workspace_memory(e)->store(memory);
           })
      .def("query_memories",
           [](const Engine& e, const std::string& tenant, nb::handle given, std::size_t limit) {
             const std::string query = text_of(given, "query");
             std::vector<pawl::Memory> memories;
             {
               const nb::gil_scoped_release unlocked;
               memories = pawl::workspace_memory(e)->query(tenant, query, limit);
             }
             nb::list out;
             for (const auto& memory : memories) out.append(dict_of(memory));
             return out;
           });
}

}  // namespace

void bind_engine(nb::module_& module) {
  nb::class_<Run>(module, "Run")
      .def(nb::init<nb::object, bool>(), nb::arg("observer").none() = nb::none(),
           nb::arg("signals") = false)
      .def("request_stop", &Run::request_stop)
      .def_prop_ro("stopping", &Run::stopping);
  module.def("persona_for", [](const std::string& intent) { return pawl::persona_for(intent); });
  nb::class_<pawl::Engine> engine(module, "Engine");
  bind_workspace(engine);
  bind_models(engine);
  bind_learning(engine);
  bind_memory(engine);
}

}  // namespace pawl_python

#include "wire/turn_json.h"

#include <cmath>

#include "base/error.h"
#include "base/utf8.h"
#include "learn/intake/collect_checks.h"

namespace pawl::wire {
namespace {

constexpr std::string_view kTurnKeys[] = {
    "tenant_id",  "turn_id",      "conversation_id", "user_id",
    "session_id", "timestamp",    "user_text",       "assistant_response",
    "persona",    "context_used", "consent",         "feedback"};
constexpr std::string_view kFeedbackKeys[] = {
    "satisfaction_score",  "response_quality",   "needs_correction",  "corrected_intent",
    "corrected_sentiment", "corrected_entities", "preferred_persona", "comment"};
// Of a line of its own.
constexpr std::string_view kLateFeedbackKeys[] = {"satisfaction_score",
                                                  "response_quality",
                                                  "needs_correction",
                                                  "corrected_intent",
                                                  "corrected_sentiment",
                                                  "corrected_entities",
                                                  "preferred_persona",
                                                  "comment",
                                                  "tenant_id",
                                                  "turn_id",
                                                  "conversation_id",
                                                  "user_id",
                                                  "consent",
                                                  "timestamp"};
constexpr std::string_view kExampleKeys[] = {"text", "intent", "sentiment", "entities"};

[[noreturn]] void fail(const std::string& key, const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, "\"" + key + "\" " + what);
}

const Json* find_value(const Json& object, const std::string& key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_null() ? nullptr : value;
}

std::string text_of_key(const Json& object, const std::string& key, bool required = false) {
  const Json* value = find_value(object, key);
  if (value == nullptr) {
    if (required) fail(key, "is missing");
    return "";
  }
  if (!value->is_string()) fail(key, "must be a string");
  if (required && value->as_string().empty()) fail(key, "must not be empty");
  return value->as_string();
}

std::optional<bool> flag_of_key(const Json& object, const std::string& key) {
  const Json* value = find_value(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) fail(key, "must be true or false");
  return value->as_bool();
}

std::optional<double> share_of_key(const Json& object, const std::string& key) {
  const Json* value = find_value(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number() || !(value->as_double() >= 0 && value->as_double() <= 1)) {
    fail(key, "must be a number from 0 to 1");
  }
  return value->as_double();
}

std::optional<std::string> label_of_key(const Json& object, const std::string& key) {
  const std::string label = text_of_key(object, key);
  if (label.empty()) return std::nullopt;
  return label;
}

bool is_offset(const Json& value) {
  return value.is_integer() && std::abs(value.as_double()) < 0x1p53;
}

std::optional<std::vector<EntitySpan>> entities_of_key(const Json& object, const std::string& key) {
  const Json* value = find_value(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) fail(key, "must be a list of [start, end, label]");
  std::vector<EntitySpan> spans;
  for (const Json& entity : value->as_array()) {
    if (!entity.is_array() || entity.as_array().size() != 3)
      fail(key, "must be a list of [start, end, label]");
    const auto& parts = entity.as_array();
    if (!is_offset(parts[0]) || !is_offset(parts[1]) || !parts[2].is_string()) {
      fail(key, "must be a list of [start, end, label]");
    }
    spans.push_back({parts[0].as_int(), parts[1].as_int(), parts[2].as_string()});
  }
  return spans;
}

std::vector<std::string> ids_of_key(const Json& object, const std::string& key) {
  std::vector<std::string> ids;
  const Json* value = find_value(object, key);
  if (value == nullptr) return ids;
  if (!value->is_array()) fail(key, "must be a list of ids");
  for (const Json& id : value->as_array()) {
    if (!id.is_string() && !id.is_integer()) fail(key, "must be a list of ids");
    ids.push_back(id.is_string() ? id.as_string() : to_json(id));
  }
  return ids;
}

learn::FeedbackInput feedback_fields(const Json& object) {
  learn::FeedbackInput feedback;
  feedback.satisfaction_score = share_of_key(object, "satisfaction_score");
  feedback.response_quality = share_of_key(object, "response_quality");
  feedback.needs_correction = flag_of_key(object, "needs_correction");
  feedback.corrected_intent = label_of_key(object, "corrected_intent");
  feedback.corrected_sentiment = label_of_key(object, "corrected_sentiment");
  feedback.corrected_entities = entities_of_key(object, "corrected_entities");
  feedback.preferred_persona = label_of_key(object, "preferred_persona");
  feedback.comment = text_of_key(object, "comment");
  return feedback;
}

void require_object(const Json& value, const char* what) {
  if (!value.is_object())
    throw Error(ErrorKind::kInvalidInput, std::string(what) + " must be an object");
}

}  // namespace

TurnLine read_turn(const Json& line, UnknownKeys& unknown) {
  require_object(line, "a turn");
  TurnLine out;
  out.tenant = text_of_key(line, "tenant_id");
  learn::TurnInput& turn = out.turn;
  turn.turn_id = text_of_key(line, "turn_id");
  turn.conversation_id = text_of_key(line, "conversation_id", true);
  turn.user_id = text_of_key(line, "user_id", true);
  turn.session_id = text_of_key(line, "session_id");
  if (const Json* at = find_value(line, "timestamp")) {
    if (at->is_string()) {
      try {
        turn.said_at = parse_time(at->as_string());
      } catch (const Error& error) {
        throw error.within("\"timestamp\"");
      }
    } else if (at->is_number() && at->as_double() > -1e11 && at->as_double() < 1e11) {
      turn.said_at = static_cast<int64_t>(at->as_double() * 1e6);
    } else {
      fail("timestamp", "must be an RFC 3339 time or seconds since 1970");
    }
  }
  turn.user_text = text_of_key(line, "user_text", true);
  turn.assistant_response = text_of_key(line, "assistant_response");
  turn.persona = text_of_key(line, "persona");
  turn.context_used = ids_of_key(line, "context_used");
  turn.consent = flag_of_key(line, "consent");
  if (const Json* feedback = find_value(line, "feedback")) {
    require_object(*feedback, "\"feedback\"");
    turn.feedback = feedback_fields(*feedback);
  }
  if (turn.consent == false) return out;
  unknown.check(line, kTurnKeys);
  if (const Json* feedback = find_value(line, "feedback"))
    unknown.check(*feedback, kFeedbackKeys, "feedback.");
  return out;
}

FeedbackLine read_feedback(const Json& line, UnknownKeys& unknown) {
  require_object(line, "feedback");
  FeedbackLine out{text_of_key(line, "tenant_id"), feedback_fields(line)};
  learn::FeedbackInput& feedback = out.feedback;
  feedback.turn_id = text_of_key(line, "turn_id");
  feedback.conversation_id = text_of_key(line, "conversation_id");
  feedback.author = text_of_key(line, "user_id");
  if (feedback.turn_id.empty() && feedback.conversation_id.empty()) {
    throw Error(ErrorKind::kInvalidInput,
                "feedback must name a \"turn_id\" or a \"conversation_id\"");
  }
  unknown.check(line, kLateFeedbackKeys);
  return out;
}

learn::LabeledExample read_example(const Json& line, UnknownKeys& unknown) {
  require_object(line, "an example");
  unknown.check(line, kExampleKeys);
  const learn::CollectSettings limits;
  learn::LabeledExample example;
  example.text = text_of_key(line, "text", true);
  learn::check_text("text", example.text, limits.max_text_bytes);
  example.key = learn::text_key(example.text);
  example.source = "examples";
  for (const learn::Head head : learn::all_heads()) {
    const std::string key(learn::head_name(head));
    if (find_value(line, key) == nullptr) continue;
    learn::Annotation& annotation = example.heads[head];
    if (head->kind == learn::HeadKind::kLabel) {
      annotation.label = text_of_key(line, key);
      check_label(key.c_str(), annotation.label, limits);
      continue;
    }
    const auto spans = entities_of_key(line, key);
    check_entities(key.c_str(), *spans, static_cast<int64_t>(utf8::count(example.text)), limits);
    for (const EntitySpan& e : *spans) {
      annotation.spans.push_back(
          {static_cast<uint32_t>(e.start), static_cast<uint32_t>(e.end), e.label});
    }
  }
  return example;
}

}  // namespace pawl::wire

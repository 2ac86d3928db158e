#include "learn/intake/collect_checks.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"
#include "learn/privacy/person_ids.h"

namespace pawl::learn {

namespace {

[[noreturn]] void refuse(const char* key, const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, std::string("\"") + key + "\" " + what);
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

bool is_between(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

bool is_blank(char32_t c) {
  return c == 0x20 || c == 0xA0 || c == 0x1680 || is_between(c, 0x2000, 0x200A) || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

// Part of what scripts and emoji are written with.
bool is_joiner(char32_t c) {
  return c == 0x200C || c == 0x200D || is_between(c, 0xFE00, 0xFE0F);
}

// Default_Ignorable_Code_Point, and blanks that pass for letters.
bool is_invisible(char32_t c) {
  return c == 0xAD || c == 0x34F || c == 0x61C || c == 0x115F || c == 0x1160 || c == 0x17B4 ||
         c == 0x17B5 || is_between(c, 0x180B, 0x180F) || is_between(c, 0x200B, 0x200F) ||
         is_between(c, 0x202A, 0x202E) || is_between(c, 0x2060, 0x206F) || c == 0x2800 ||
         c == 0x3164 || is_between(c, 0xFE00, 0xFE0F) || c == 0xFEFF || c == 0xFFA0 ||
         is_between(c, 0xFFF0, 0xFFF8) || is_between(c, 0x1BCA0, 0x1BCA3) ||
         is_between(c, 0x1D173, 0x1D17A) || is_between(c, 0xE0000, 0xE0FFF);
}

void check_share(const char* key, const std::optional<double>& value) {
  if (value && !(*value >= 0 && *value <= 1)) refuse(key, "must lie between 0 and 1");
}

void check_given_label(const char* key, const std::optional<std::string>& label,
                       const CollectSettings& settings) {
  if (label) check_label(key, *label, settings);
}

void check_feedback(const FeedbackInput& feedback, const CollectSettings& settings) {
  check_text("comment", feedback.comment, settings.max_text_bytes);
  check_text("user_id", feedback.author, settings.max_id_bytes);
  check_share("satisfaction_score", feedback.satisfaction_score);
  check_share("response_quality", feedback.response_quality);
  check_given_label("corrected_intent", feedback.corrected_intent, settings);
  check_given_label("corrected_sentiment", feedback.corrected_sentiment, settings);
  check_given_label("preferred_persona", feedback.preferred_persona, settings);
  if (!feedback.corrected_entities) return;
  for (const EntitySpan& entity : *feedback.corrected_entities)
    check_label("corrected_entities", entity.label, settings);
}

}  // namespace

void check_text(const char* key, const std::string& text, size_t limit) {
  if (text.size() > limit) {
    refuse(key, "has " + std::to_string(text.size()) + " bytes, more than the limit of " +
                    std::to_string(limit));
  }
  const size_t bad = utf8::find_invalid(text);
  if (bad != utf8::kValid) refuse(key, "is not UTF-8 at byte " + std::to_string(bad));
  if (text.find('\0') != std::string::npos) refuse(key, "holds a zero byte");
}

void check_label(const char* key, const std::string& label, const CollectSettings& settings) {
  check_text(key, label, settings.max_label_bytes);
  bool visible = false;
  for (size_t at = 0; at < label.size();) {
    const char32_t c = utf8::next(label, at);
    if (is_control(c)) refuse(key, "is a label with a line break or another control character");
    if (is_invisible(c) && !is_joiner(c))
      refuse(key, "is a label with an invisible character: two labels would look the same");
    visible |= !is_blank(c) && !is_invisible(c);
  }
  if (!visible) refuse(key, "is an empty label");
  // Labels are kept as they are: they must not be a way around the removal of personal data.
  if (is_personal_label(label)) refuse(key, "looks like personal data, not like a label");
}

void check_entities(const char* key, const std::vector<EntitySpan>& entities, int64_t text_length,
                    const CollectSettings& settings) {
  if (entities.size() > settings.max_entities)
    refuse(key, "has more than " + std::to_string(settings.max_entities) + " entries");
  const auto shown = [](const EntitySpan& entity) {
    return "[" + std::to_string(entity.start) + ", " + std::to_string(entity.end) + "]";
  };
  for (const EntitySpan& entity : entities) {
    check_label(key, entity.label, settings);
    if (entity.start >= 0 && entity.start < entity.end && entity.end <= text_length) continue;
    refuse(key, "has an entry " + shown(entity) + " outside of the text's " +
                    std::to_string(text_length) + " characters");
  }
  std::vector<EntitySpan> sorted = entities;
  std::sort(sorted.begin(), sorted.end(),
            [](const EntitySpan& a, const EntitySpan& b) { return a.start < b.start; });
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].start >= sorted[i - 1].end) continue;
    refuse(key, "has entries that overlap, " + shown(sorted[i - 1]) + " and " + shown(sorted[i]));
  }
}

bool says_something(const FeedbackInput& f) {
  return f.satisfaction_score || f.response_quality || f.needs_correction || f.corrected_intent ||
         f.corrected_sentiment || f.corrected_entities || f.preferred_persona || !f.comment.empty();
}

void check_turn(const TurnInput& turn, const CollectSettings& settings) {
  if (turn.conversation_id.empty()) refuse("conversation_id", "is missing");
  if (turn.user_id.empty()) refuse("user_id", "is missing");
  if (turn.user_text.empty()) refuse("user_text", "is missing");
  check_text("turn_id", turn.turn_id, settings.max_id_bytes);
  check_text("conversation_id", turn.conversation_id, settings.max_id_bytes);
  check_text("user_id", turn.user_id, settings.max_id_bytes);
  check_text("session_id", turn.session_id, settings.max_id_bytes);
  check_text("persona", turn.persona, settings.max_label_bytes);
  check_text("user_text", turn.user_text, settings.max_text_bytes);
  check_text("assistant_response", turn.assistant_response, settings.max_text_bytes);
  if (turn.context_used.size() > settings.max_context_ids) {
    refuse("context_used",
           "has more than " + std::to_string(settings.max_context_ids) + " entries");
  }
  for (const std::string& id : turn.context_used)
    check_text("context_used", id, settings.max_id_bytes);
  if (!turn.feedback) return;
  check_feedback(*turn.feedback, settings);
  if (turn.feedback->corrected_entities) {
    check_entities("corrected_entities", *turn.feedback->corrected_entities,
                   static_cast<int64_t>(utf8::count(turn.user_text)), settings);
  }
}

void check_late_feedback(const FeedbackInput& feedback, const CollectSettings& settings) {
  if (feedback.turn_id.empty() && feedback.conversation_id.empty()) {
    throw Error(ErrorKind::kInvalidInput, "feedback needs a \"turn_id\" or a \"conversation_id\"");
  }
  if (!says_something(feedback)) {
    throw Error(ErrorKind::kInvalidInput,
                "feedback says nothing; give one of \"satisfaction_score\", \"response_quality\", "
                "\"needs_correction\", \"corrected_intent\", \"corrected_sentiment\", "
                "\"corrected_entities\", \"preferred_persona\", \"comment\"");
  }
  check_text("turn_id", feedback.turn_id, settings.max_id_bytes);
  check_text("conversation_id", feedback.conversation_id, settings.max_id_bytes);
  check_feedback(feedback, settings);
}

std::string entities_text(const std::vector<EntitySpan>& entities) {
  Json list = Json::array();
  for (const EntitySpan& entity : entities) {
    list.push_back(Json::Array{entity.start, entity.end, entity.label});
  }
  return to_json(list);
}

int64_t said_length(const TurnRecord& turn) {
  auto length = static_cast<int64_t>(utf8::count(turn.user_text));
  for (const TextEdit& edit : turn.edits) length += edit.end - edit.start - edit.length;
  return length;
}

std::string describe_feedback(const FeedbackRecord& feedback) {
  Json fields = Json::array();
  const auto add = [&](const auto& value) { fields.push_back(value ? Json(*value) : Json()); };
  add(feedback.satisfaction_score);
  add(feedback.response_quality);
  add(feedback.needs_correction);
  add(feedback.corrected_intent);
  add(feedback.corrected_sentiment);
  add(feedback.preferred_persona);
  if (feedback.corrected_entities) {
    for (const EntitySpan& entity : *feedback.corrected_entities) {
      fields.push_back(Json::Array{entity.start, entity.end, entity.label});
    }
  }
  fields.push_back(feedback.comment);
  return to_json(fields);
}

std::vector<EvidenceRecord> evidence_of(const FeedbackRecord& feedback, const TurnRecord& turn) {
  std::vector<EvidenceRecord> found;
  const auto say = [&](const char* head, const char* source, const std::string& value,
                       double score) {
    EvidenceRecord evidence;
    evidence.tenant_id = feedback.tenant_id;
    evidence.turn_id = feedback.turn_id;
    evidence.head = head;
    evidence.source = source;
    evidence.value = value;
    evidence.score = score;
    evidence.author = feedback.author;
    evidence.generation_id = turn.generation_id;
    evidence.at = feedback.received_at;
    found.push_back(std::move(evidence));
  };
  if (feedback.satisfaction_score)
    say("response", "rating", "satisfaction", *feedback.satisfaction_score);
  if (feedback.response_quality) say("response", "rating", "quality", *feedback.response_quality);
  if (feedback.needs_correction)
    say("response", "correction", "wrong", *feedback.needs_correction ? 1.0 : 0.0);
  if (feedback.corrected_intent) say("intent", "correction", *feedback.corrected_intent, 1.0);
  if (feedback.corrected_sentiment)
    say("sentiment", "correction", *feedback.corrected_sentiment, 1.0);
  if (feedback.preferred_persona) say("persona", "correction", *feedback.preferred_persona, 1.0);
  if (feedback.corrected_entities) {
    say("entities", "correction", entities_text(*feedback.corrected_entities), 1.0);
  }
  return found;
}

}  // namespace pawl::learn

#include "wire/review_json.h"

#include "base/error.h"
#include "base/json_strings.h"
#include "wire/text_or_null.h"

namespace pawl::wire {
namespace {

constexpr std::string_view kReviewKeys[] = {
    "id",     "turn_id",   "kind",     "reason", "value",   "user_text", "assistant_response",
    "guess",  "texts",     "turn_ids", "words",  "authors", "suggested", "candidate",
    "intent", "sentiment", "dismiss",  "accept"};

const Json* filled(const Json& line, const char* key) {
  const Json* value = line.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string text_of(const Json& line, const char* key) {
  const Json* value = filled(line, key);
  if (value == nullptr) return "";
  if (!value->is_string())
    throw Error(ErrorKind::kInvalidInput, "\"" + std::string(key) + "\" must be a text");
  return value->as_string();
}

bool flag_of(const Json& line, const char* key) {
  const Json* value = filled(line, key);
  if (value == nullptr) return false;
  if (!value->is_bool())
    throw Error(ErrorKind::kInvalidInput, "\"" + std::string(key) + "\" must be true or false");
  return value->as_bool();
}

}  // namespace

Json to_json_value(const service::ReviewItem& item) {
  Json out = Json::object();
  out["id"] = item.id;
  out["kind"] = item.kind;
  out["reason"] = item.reason;
  out["value"] = item.value;
  if (item.texts.empty()) {
    out["user_text"] = item.turn.turn.user_text;
    out["assistant_response"] = text_or_null(item.turn.turn.assistant_response);
    Json guess = Json::object();
    for (const auto& [label, p] : item.guesses) guess[label] = p;
    out["guess"] = std::move(guess);
  } else {
    out["texts"] = json_strings(item.texts);
    out["turn_ids"] = json_strings(item.turn_ids);
    if (item.kind == "new_intent") {
      out["words"] = json_strings(item.words);
      out["authors"] = static_cast<uint64_t>(item.authors);
    }
  }
  out["suggested"] = text_or_null(item.suggested);
  if (!item.candidate.empty()) out["candidate"] = item.candidate;
  for (const char* answer : {"intent", "sentiment", "dismiss", "accept"}) out[answer] = Json();
  return out;
}

ReviewLine read_review(const Json& line, UnknownKeys& unknown) {
  if (!line.is_object()) throw Error(ErrorKind::kInvalidInput, "must be an object");
  unknown.check(line, kReviewKeys);
  ReviewLine read;
  read.id = text_of(line, "id");
  if (read.id.empty()) read.id = text_of(line, "turn_id");
  if (read.id.empty()) throw Error(ErrorKind::kInvalidInput, "\"id\" is missing");
  if (filled(line, "intent") != nullptr) read.said.intent = text_of(line, "intent");
  if (filled(line, "sentiment") != nullptr) read.said.sentiment = text_of(line, "sentiment");
  read.said.dismiss = flag_of(line, "dismiss");
  read.said.accept = flag_of(line, "accept");
  if (const Json* turns = filled(line, "turn_ids")) {
    if (!turns->is_array())
      throw Error(ErrorKind::kInvalidInput, "\"turn_ids\" must be a list of texts");
    for (const Json& turn : turns->as_array()) read.said.turn_ids.push_back(turn.as_string());
  }
  read.answered = read.said.intent || read.said.sentiment || read.said.dismiss || read.said.accept;
  // Of a new intent a name is a yes.
  if (read.answered && !read.said.dismiss && read.id.starts_with("intent-"))
    read.said.accept = true;
  if (read.said.accept && !read.said.intent && !text_of(line, "suggested").empty())
    read.said.intent = text_of(line, "suggested");
  return read;
}

}  // namespace pawl::wire

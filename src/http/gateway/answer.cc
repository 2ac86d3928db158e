#include "http/gateway/answer.h"

#include "base/error.h"
#include "base/json.h"
#include "http/gateway/sse.h"

namespace pawl::http {
namespace {

// The first choice, or null.
const Json* first_choice(const Json& body) {
  const Json* choices = body.is_object() ? body.find("choices") : nullptr;
  if (choices == nullptr || !choices->is_array() || choices->as_array().empty()) return nullptr;
  const Json& choice = choices->as_array().front();
  return choice.is_object() ? &choice : nullptr;
}

bool names_error(const Json& body) {
  const Json* error = body.is_object() ? body.find("error") : nullptr;
  return error != nullptr && !error->is_null();
}

void append_text(const Json& choice, std::string_view part, AssistantAnswer& answer,
                 size_t max_text) {
  const Json* message = choice.find(part);
  const Json* content =
      message != nullptr && message->is_object() ? message->find("content") : nullptr;
  if (content != nullptr && content->is_string() &&
      answer.text.size() + content->as_string().size() <= max_text)
    answer.text += content->as_string();
  const Json* reason = choice.find("finish_reason");
  if (reason != nullptr && reason->is_string()) answer.finish_reason = reason->as_string();
}

}  // namespace

EventKind classify_event(std::string_view data) {
  if (data == "[DONE]") return EventKind::kDone;
  try {
    const Json body = parse_json(data);
    if (names_error(body)) return EventKind::kError;
    return body.is_object() ? EventKind::kGood : EventKind::kBroken;
  } catch (const Error&) {
    return EventKind::kBroken;
  }
}

AssistantAnswer read_stream(std::string_view bytes, size_t max_text) {
  AssistantAnswer answer;
  bool done = false, failed = false;
  SseParser parser;
  parser.feed(bytes, [&](const SseParser::Event& event) {
    if (event.data == "[DONE]") {
      done = true;
      return;
    }
    try {
      const Json chunk = parse_json(event.data);
      failed = failed || event.too_large || names_error(chunk);
      if (const Json* choice = first_choice(chunk)) append_text(*choice, "delta", answer, max_text);
    } catch (const Error&) {
      failed = true;
    }
  });
  answer.complete = !failed && (done || !answer.finish_reason.empty());
  return answer;
}

AssistantAnswer read_completion(std::string_view body, size_t max_text) {
  AssistantAnswer answer;
  try {
    const Json completion = parse_json(body);
    const Json* choice = first_choice(completion);
    if (choice == nullptr || names_error(completion)) return answer;
    append_text(*choice, "message", answer, max_text);
    answer.complete = true;
  } catch (const Error&) {
    // No JSON: no answer.
  }
  return answer;
}

}  // namespace pawl::http

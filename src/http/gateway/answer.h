// What an upstream answered: whether it is an answer at all, and the assistant's words in it.
#pragma once

#include <string>
#include <string_view>

namespace pawl::http {

enum class EventKind { kGood, kError, kDone, kBroken };

// Of the data of one event of a stream: a chunk, {"error": ...}, [DONE], or neither.
EventKind classify_event(std::string_view data);

struct AssistantAnswer {
  bool complete = false;  // it says that it ended ([DONE] or a reason), and nothing in it failed
  std::string text;       // of the first choice
  std::string finish_reason;
};

// Of the bytes of a whole stream of events.
AssistantAnswer read_stream(std::string_view bytes, size_t max_text);
// Of a chat completion's body; not complete when it is none.
AssistantAnswer read_completion(std::string_view body, size_t max_text);

}  // namespace pawl::http

#include "http/gateway/stream_judge.h"

#include <cstring>

#include "http/gateway/answer.h"

namespace pawl::http {
namespace {

// std::string_view::find stops at every quotation mark.
size_t find_in(std::string_view text, std::string_view what) {
  const void* found = ::memmem(text.data(), text.size(), what.data(), what.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

// Whether a chunk says why the answer ended, without reading all of it.
bool names_reason(std::string_view chunk) {
  constexpr std::string_view kName = "\"finish_reason\"";
  size_t at = find_in(chunk, kName);
  if (at == std::string_view::npos) return false;
  at = chunk.find_first_not_of(" \t:", at + kName.size());
  return at != std::string_view::npos && chunk[at] == '"';
}

}  // namespace

void StreamJudge::look(const SseParser::Event& event) {
  if (good_) {
    done_ = done_ || event.data == "[DONE]";
    reason_ = reason_ || names_reason(event.data);
    if (!failed_ && find_in(event.data, "\"error\"") != std::string_view::npos)
      failed_ = classify_event(event.data) == EventKind::kError;
    return;
  }
  if (!fault_.empty()) return;
  switch (event.too_large ? EventKind::kBroken : classify_event(event.data)) {
    case EventKind::kGood:
      good_ = true;
      reason_ = names_reason(event.data);
      return;
    case EventKind::kError:
      fault_ = "its first event is an error";
      return;
    case EventKind::kDone:
      fault_ = "it ended without an answer";
      return;
    case EventKind::kBroken:
      fault_ = "its first event is broken";
      return;
  }
}

}  // namespace pawl::http

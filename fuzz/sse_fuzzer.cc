// However a stream of events is cut into pieces, it is read the same; what it says of an answer is
// within its limits.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "http/gateway/answer.h"
#include "http/gateway/sse.h"

namespace {

using namespace pawl::http;

struct Read {
  std::vector<std::pair<bool, std::string>> events;
  size_t whole = 0;
  bool operator==(const Read&) const = default;
};

Read read(std::string_view bytes, size_t piece) {
  Read out;
  SseParser parser(512);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    parser.feed(bytes.substr(at, piece),
                [&](const SseParser::Event& e) { out.events.emplace_back(e.too_large, e.data); });
    if (parser.whole() > parser.fed()) std::abort();
  }
  out.whole = parser.whole();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t piece = 1 + data[0] % 32;
  Read whole = read(bytes, bytes.size() + 1), cut = read(bytes, piece);
  // What is too large shows earlier or later, its content not at all.
  for (Read* one : {&whole, &cut}) {
    for (auto& [large, text] : one->events) text = large ? "" : text;
  }
  if (!(whole == cut)) std::abort();
  const AssistantAnswer answer = read_stream(bytes, 100);
  if (answer.text.size() > 100) std::abort();
  read_completion(bytes, 100);
  return 0;
}

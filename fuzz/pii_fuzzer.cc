// Whatever the text: the result is UTF-8, the edits are in order and account for every code point.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/utf8.h"
#include "learn/privacy/pii.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t bad = pawl::utf8::find_invalid(text);
  if (bad != pawl::utf8::kValid) text = text.substr(0, bad);
  const std::vector<pawl::learn::CodePointSpan> persons = {{1, 3},
                                                           {static_cast<int64_t>(size / 2), 1000}};
  const pawl::learn::Redaction redaction = pawl::learn::redact(text, persons);
  if (pawl::utf8::find_invalid(redaction.text) != pawl::utf8::kValid) std::abort();
  auto length = static_cast<int64_t>(pawl::utf8::count(text));
  int64_t end = 0;
  for (const pawl::TextEdit& edit : redaction.edits) {
    if (edit.start < end || edit.end <= edit.start) std::abort();
    end = edit.end;
    length += edit.length - (edit.end - edit.start);
  }
  if (length != static_cast<int64_t>(pawl::utf8::count(redaction.text))) std::abort();
  const std::vector<pawl::EntitySpan> entities = {{0, 2, "A"}, {3, 9, "B"}};
  for (const auto& entity : pawl::learn::move_entities(entities, redaction.edits)) {
    if (entity.start < 0 || entity.start >= entity.end) std::abort();
  }
  return 0;
}

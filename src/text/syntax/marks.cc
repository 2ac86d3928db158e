#include "text/syntax/marks.h"

#include "base/utf8.h"

namespace pawl {
namespace {

template <typename Is>
bool any_of(std::string_view text, Is&& is) {
  for (size_t at = 0; at < text.size();) {
    if (is(utf8::next(text, at))) return true;
  }
  return false;
}

}  // namespace

bool is_question_mark(char32_t c) {
  constexpr std::u32string_view kMarks =
      U"?\u037E\u055E\u061F\u1367\u1945\u2047\u2048\u2049\u203D"
      U"\u2CFA\u2E2E\uA60F\uA6F7\uFE56\uFF1F";
  return kMarks.find(c) != std::u32string_view::npos;
}

uint64_t exclamations_of(char32_t c) {
  constexpr std::u32string_view kMarks = U"!\u055C\u07F9\u1944\u2048\u2049\u203D\uFE57\uFF01\u2757";
  if (c == U'\u203C') return 2;
  return kMarks.find(c) != std::u32string_view::npos ? 1 : 0;
}

bool has_question_mark(std::string_view text) {
  return any_of(text, is_question_mark);
}

bool has_exclamation_mark(std::string_view text) {
  return any_of(text, [](char32_t c) { return exclamations_of(c) > 0; });
}

}  // namespace pawl

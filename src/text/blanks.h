// How the tokenizer cuts a text first: runs of blanks and of other characters, without the one
// U+0020 between runs.
#pragma once

#include <string_view>

#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl {

// Whether the code point at `at` is a blank; moves `at` past it.
inline bool take_is_blank(std::string_view text, size_t& at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 128) {
    ++at;
    return byte == ' ' || (byte >= 9 && byte <= 13) || (byte >= 0x1C && byte <= 0x1F);
  }
  const char32_t c = utf8::next(text, at);
  return unicode::is(c, unicode::kSpace);
}

// Calls visit(chunk, blank_follows) for each chunk of well-formed text, in order: a run of equally
// blank characters, which loses a U+0020 that follows a run of others.
template <typename Visit>
void for_each_chunk(std::string_view text, Visit&& visit) {
  if (text.empty()) return;
  size_t start = 0, at = 0;
  size_t probe = 0;
  bool in_blanks = take_is_blank(text, probe);
  while (at < text.size()) {
    const size_t here = at;
    const bool blank = take_is_blank(text, at);
    if (blank == in_blanks) continue;
    const bool gap = text[here] == ' ';
    if (start < here) visit(text.substr(start, here - start), gap);
    start = gap ? at : here;
    in_blanks = blank;
  }
  if (start < text.size()) visit(text.substr(start), false);
}

}  // namespace pawl

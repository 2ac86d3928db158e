// URLs that carry credentials: scheme://user:password@host, scheme://token@host.
#include <algorithm>

#include "learn/privacy/scan.h"

namespace pawl::pii {

namespace {

bool ends_url(const FoldedText& text, size_t i) {
  return i >= text.size() || text.is_space(i) || is_one_of(text[i], U"\"<>`“”»") ||
         text.is_long_dash(i) || text[i] == U'…' || text[i] == U'→';
}

// userinfo@host, or user:secret with an @ further on (before `end`), whatever the secret holds.
bool has_credentials(const FoldedText& text, size_t start, size_t end, size_t next_sign) {
  size_t stop = start;
  while (stop < end && !is_one_of(text[stop], U"/?#")) ++stop;
  const std::u32string_view authority = text.view(start, stop);
  const size_t sign = authority.rfind(U'@');
  if (sign != std::u32string_view::npos) {
    const bool written = text.raw(start + sign) != '%';
    return written && sign > 0 && sign + 1 < authority.size();
  }
  const size_t colon = authority.find(U':');
  if (colon == std::u32string_view::npos || colon == 0 || next_sign >= end) return false;
  return authority.find_first_not_of(U"0123456789", colon + 1) != std::u32string_view::npos;
}

bool is_scheme(const FoldedText& text, size_t i) {
  return text.is_ascii_word(i) || is_one_of(text[i], U"+-.");
}

// Signs at the end that belong to the sentence; a bracket only if it was opened outside.
size_t without_punctuation(const FoldedText& text, size_t start, size_t stop) {
  while (stop > start && is_one_of(text[stop - 1], U".,;:!?)]}'*|—")) --stop;
  return stop;
}

}  // namespace

// `end` and `next_sign` only move forward: one URL may hold many others.
void find_urls(const FoldedText& text, Finds& finds) {
  const std::u32string_view all = text.view();
  size_t end = 0, next_sign = 0;
  for (size_t i = all.find(U"://"); i != std::u32string_view::npos; i = all.find(U"://", i + 3)) {
    size_t start = i;
    while (start > 0 && i - start < 24 && is_scheme(text, start - 1)) --start;
    while (start < i && !text.is_ascii_letter(start)) ++start;
    end = std::max(end, i + 3);
    while (!ends_url(text, end)) ++end;
    if (next_sign < i) next_sign = std::min(all.find(U'@', i), all.size());
    if (start == i || !has_credentials(text, i + 3, end, next_sign)) continue;
    finds.push_back({start, without_punctuation(text, i + 3, end), Kind::kUrl});
  }
}

}  // namespace pawl::pii

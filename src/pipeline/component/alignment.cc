#include "pipeline/component/alignment.h"

#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl {
namespace {

// Both lists are sorted and free of overlaps.
std::vector<TokenRange> overlaps(const std::vector<Extent>& from, const std::vector<Extent>& to) {
  std::vector<TokenRange> out;
  out.reserve(from.size());
  uint32_t first = 0;
  const auto count = static_cast<uint32_t>(to.size());
  for (const Extent& extent : from) {
    while (first < count && to[first].end <= extent.start) ++first;
    uint32_t last = first;
    while (last < count && to[last].start < extent.end) ++last;
    out.push_back({first, last});
  }
  return out;
}

// A span's text without case and blanks is what spaCy compares. Over one text its extent without
// the blanks at both ends tells the same.
Extent trim(std::string_view text, const std::vector<uint32_t>& offsets, Extent extent) {
  const auto is_space = [&](uint32_t i) {
    size_t at = offsets[i];
    return unicode::is(utf8::next(text, at), unicode::kSpace);
  };
  while (extent.start < extent.end && is_space(extent.start)) ++extent.start;
  while (extent.start < extent.end && is_space(extent.end - 1)) --extent.end;
  return extent;
}

}  // namespace

std::vector<Extent> extents(const Doc& doc) {
  std::vector<Extent> out;
  for (const Token& token : doc.tokens()) out.push_back({token.idx, token.end()});
  return out;
}

std::vector<Extent> extents(const GoldDoc& doc) {
  std::vector<Extent> out;
  for (const GoldToken& token : doc.tokens) out.push_back({token.start, token.end});
  return out;
}

std::vector<Span> align_spans(const std::vector<Span>& spans, std::string_view text,
                              const std::vector<TokenRange>& ranges,
                              const std::vector<Extent>& from, const std::vector<Extent>& to,
                              bool allow_overlap) {
  std::vector<Span> out;
  std::vector<uint8_t> seen(to.size(), 0);
  const std::vector<uint32_t> offsets = utf8::offsets(text);
  for (const Span& span : spans) {
    std::vector<uint32_t> tokens;
    for (uint32_t j = span.start; j < span.end; ++j) {
      for (uint32_t i = ranges[j].first; i < ranges[j].last; ++i) {
        if (allow_overlap || !seen[i]) tokens.push_back(i);
      }
    }
    if (tokens.empty()) continue;
    const uint32_t first = tokens.front(), last = tokens.back();
    if (trim(text, offsets, {to[first].start, to[last].end}) !=
        trim(text, offsets, {from[span.start].start, from[span.end - 1].end}))
      continue;
    out.push_back({first, last + 1, span.label, span.kb_id, span.id});
    for (const uint32_t i : tokens) seen[i] = 1;
  }
  return out;
}

Alignment align(const Doc& predicted, const GoldDoc& reference) {
  const std::vector<Extent> x = extents(predicted), y = extents(reference);
  return {overlaps(x, y), overlaps(y, x)};
}

}  // namespace pawl

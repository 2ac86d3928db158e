#include "pipeline/component/example.h"

#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl {
namespace {

using Range = std::pair<uint32_t, uint32_t>;

// A span's text without case and blanks is what spaCy compares. Over one text its extent without
// the blanks at both ends tells the same.
Range trim(std::string_view text, const std::vector<uint32_t>& offsets, uint32_t start,
           uint32_t end) {
  const auto is_space = [&](uint32_t i) {
    size_t at = offsets[i];
    return unicode::is(utf8::next(text, at), unicode::kSpace);
  };
  while (start < end && is_space(start)) ++start;
  while (start < end && is_space(end - 1)) --end;
  return {start, end};
}

}  // namespace

std::vector<uint64_t> Example::aligned(Attr attr) const {
  std::vector<uint64_t> out(predicted.size(), kUnaligned);
  if (!reference) return out;
  for (size_t i = 0; i < out.size(); ++i) {
    const TokenRange range = alignment.to_reference[i];
    if (range.size() == 0) continue;
    const uint64_t value = reference->value(range.first, attr);
    bool same = true;
    for (uint32_t j = range.first + 1; j < range.last; ++j)
      same = same && reference->value(j, attr) == value;
    if (same) out[i] = value;
  }
  return out;
}

std::vector<uint8_t> Example::aligned_sentence_starts() const {
  if (!has_annotation(Attr::kSentStart)) return {};
  std::vector<uint8_t> out(predicted.size(), 0);
  for (const Span& sentence : reference->sentences()) {
    const TokenRange range = alignment.to_predicted[sentence.start];
    if (range.size() > 0) out[range.first] = 1;
  }
  return out;
}

std::vector<Span> Example::aligned_spans(const std::vector<Span>& spans, bool allow_overlap) const {
  std::vector<Span> out;
  std::vector<uint8_t> seen(predicted.size(), 0);
  const std::vector<uint32_t> offsets = utf8::offsets(predicted.text());
  for (const Span& span : spans) {
    std::vector<uint32_t> tokens;
    for (uint32_t j = span.start; j < span.end; ++j) {
      const TokenRange range = alignment.to_predicted[j];
      for (uint32_t i = range.first; i < range.last; ++i) {
        if (allow_overlap || !seen[i]) tokens.push_back(i);
      }
    }
    if (tokens.empty()) continue;
    const uint32_t first = tokens.front(), last = tokens.back() + 1;
    const Range ours =
        trim(predicted.text(), offsets, predicted[first].idx, predicted[last - 1].end());
    const Range theirs = trim(predicted.text(), offsets, reference->tokens[span.start].start,
                              reference->tokens[span.end - 1].end);
    if (ours != theirs) continue;
    out.push_back({first, last, span.label, span.kb_id, span.id});
    for (const uint32_t i : tokens) seen[i] = 1;
  }
  return out;
}

}  // namespace pawl

#include "pipeline/component/example.h"

namespace pawl {
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
  return align_spans(spans, predicted.text(), alignment.to_predicted, extents(*reference),
                     extents(predicted), allow_overlap);
}

}  // namespace pawl

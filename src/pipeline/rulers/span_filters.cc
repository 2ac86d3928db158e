#include "pipeline/rulers/span_filters.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace pawl {
namespace {

// Longest first; of the same length, the first in the text first.
std::vector<Span> by_length(std::vector<Span> spans) {
  std::stable_sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    const uint32_t x = a.end - a.start, y = b.end - b.start;
    return x != y ? x > y : a.start < b.start;
  });
  return spans;
}

class Taken {
 public:
  bool any(const Span& span) const {
    for (uint32_t i = span.start; i < std::min<size_t>(span.end, taken_.size()); ++i) {
      if (taken_[i]) return true;
    }
    return false;
  }
  void add(const Span& span) {
    if (taken_.size() < span.end) taken_.resize(span.end);
    std::fill(taken_.begin() + span.start, taken_.begin() + span.end, true);
  }

 private:
  std::vector<bool> taken_;
};

std::vector<Span> first_longest(std::span<const Span> existing, std::span<const Span> found) {
  std::vector<Span> all(existing.begin(), existing.end()), out;
  all.insert(all.end(), found.begin(), found.end());
  Taken taken;
  for (const Span& span : by_length(std::move(all))) {
    if (taken.any(span)) continue;
    taken.add(span);
    out.push_back(span);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Span& a, const Span& b) { return a.start < b.start; });
  return out;
}

std::vector<Span> preserve_existing(std::span<const Span> existing, std::span<const Span> found) {
  std::vector<Span> out(existing.begin(), existing.end());
  Taken taken;
  for (const Span& span : existing) taken.add(span);
  for (const Span& span : by_length({found.begin(), found.end()})) {
    if (taken.any(span)) continue;
    taken.add(span);
    out.push_back(span);
  }
  return out;
}

std::vector<Span> prioritize_new(std::span<const Span> existing, std::span<const Span> found) {
  std::vector<Span> kept, fresh;
  Taken taken;
  for (const Span& span : by_length({found.begin(), found.end()})) {
    if (taken.any(span)) continue;
    taken.add(span);
    fresh.push_back(span);
  }
  for (const Span& span : existing) {
    if (!taken.any(span)) kept.push_back(span);
  }
  kept.insert(kept.end(), fresh.begin(), fresh.end());
  return kept;
}

}  // namespace

SpanFilter read_span_filter(const Json& block, const std::string& where) {
  if (block.is_null()) return SpanFilter::kNone;
  constexpr std::pair<std::string_view, SpanFilter> kKnown[] = {
      {"spacy.first_longest_spans_filter.v1", SpanFilter::kFirstLongest},
      {"spacy.prioritize_existing_ents_filter.v1", SpanFilter::kPreserveExisting},
      {"spacy.prioritize_new_ents_filter.v1", SpanFilter::kPrioritizeNew}};
  const Json* name = block.is_object() ? block.find("@misc") : nullptr;
  if (name != nullptr && name->is_string()) {
    for (const auto& [known, filter] : kKnown) {
      if (known == name->as_string()) return filter;
    }
  }
  throw Error(ErrorKind::kUnsupported,
              where +
                  ": pawl knows spacy.first_longest_spans_filter.v1, "
                  "spacy.prioritize_existing_ents_filter.v1 and "
                  "spacy.prioritize_new_ents_filter.v1 (as \"@misc\"), or null");
}

std::vector<Span> filter_spans(SpanFilter filter, std::span<const Span> existing,
                               std::span<const Span> found) {
  switch (filter) {
    case SpanFilter::kFirstLongest:
      return first_longest(existing, found);
    case SpanFilter::kPreserveExisting:
      return preserve_existing(existing, found);
    case SpanFilter::kPrioritizeNew:
      return prioritize_new(existing, found);
    case SpanFilter::kNone:
      break;
  }
  std::vector<Span> out(existing.begin(), existing.end());
  out.insert(out.end(), found.begin(), found.end());
  return out;
}

}  // namespace pawl

// spaCy's ways to make spans one list without overlaps.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/doc.h"

namespace pawl {

enum class SpanFilter {
  kNone,              // keeps all of them
  kFirstLongest,      // spacy.first_longest_spans_filter.v1: the longest, then the first
  kPreserveExisting,  // spacy.prioritize_existing_ents_filter.v1: what is there stays
  kPrioritizeNew      // spacy.prioritize_new_ents_filter.v1: what is new wins
};

// The function a "spans_filter" or "ents_filter" block names; null is kNone. Throws
// Error(kUnsupported) naming `where`.
SpanFilter read_span_filter(const Json& block, const std::string& where);

// `existing` without overlaps among themselves, `found` in any order.
std::vector<Span> filter_spans(SpanFilter filter, std::span<const Span> existing,
                               std::span<const Span> found);

}  // namespace pawl

// Which labels a scored span gets (SpanCategorizer's two ways of making a span group).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "math/matrix.h"
#include "pipeline/spancat/suggester.h"
#include "text/doc.h"

namespace pawl {

struct SpanChoice {
  std::vector<StringId> labels;
  bool has_negative = false;           // a column behind the labels': no label
  std::optional<double> threshold;     // least score
  std::optional<size_t> max_positive;  // labels of a span; 1: its best one, nothing else
  bool allow_overlap = true;           // with max_positive 1
};

// `scores` has one row a candidate. Equal scores: the first label, the first candidate.
SpanGroup choose_spans(const std::string& key, const SpanChoice& choice,
                       std::span<const Candidate> candidates, ConstMatrixView scores);

}  // namespace pawl

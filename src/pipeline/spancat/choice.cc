#include "pipeline/spancat/choice.h"

#include <algorithm>
#include <numeric>

namespace pawl {
namespace {

void take(SpanGroup& group, Candidate at, StringId label, float score) {
  group.spans.push_back({at.start, at.end, label});
  group.scores.push_back(score);
}

bool passes(const SpanChoice& choice, float score) {
  return !choice.threshold || static_cast<double>(score) >= *choice.threshold;
}

// Columns by score; the negative one is none of them.
std::vector<size_t> ranked(const SpanChoice& choice, const float* row) {
  std::vector<size_t> order(choice.labels.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return row[a] > row[b]; });
  return order;
}

void choose_many(const SpanChoice& choice, std::span<const Candidate> candidates,
                 ConstMatrixView scores, SpanGroup& group) {
  const size_t labels = choice.labels.size();
  for (size_t i = 0; i < candidates.size(); ++i) {
    const float* row = scores.row(i);
    std::vector<uint8_t> kept(labels, 1);
    if (choice.max_positive && *choice.max_positive < labels) {
      const std::vector<size_t> order = ranked(choice, row);
      for (size_t k = *choice.max_positive; k < labels; ++k) kept[order[k]] = 0;
    }
    for (size_t j = 0; j < labels; ++j) {
      if (kept[j] && passes(choice, row[j])) take(group, candidates[i], choice.labels[j], row[j]);
    }
  }
}

struct Best {
  size_t candidate, label;
  float score;
};

void choose_best(const SpanChoice& choice, std::span<const Candidate> candidates,
                 ConstMatrixView scores, SpanGroup& group) {
  std::vector<Best> found;
  uint32_t tokens = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const float* row = scores.row(i);
    const auto best = static_cast<size_t>(std::max_element(row, row + scores.cols) - row);
    tokens = std::max(tokens, candidates[i].end);
    if (best < choice.labels.size() && passes(choice, row[best]))
      found.push_back({i, best, row[best]});
  }
  if (!choice.allow_overlap) {
    std::stable_sort(found.begin(), found.end(),
                     [](const Best& a, const Best& b) { return a.score > b.score; });
  }
  std::vector<uint8_t> taken(tokens, 0);
  for (const Best& best : found) {
    const Candidate at = candidates[best.candidate];
    const auto first = taken.begin() + at.start, last = taken.begin() + at.end;
    if (!choice.allow_overlap && std::find(first, last, uint8_t{1}) != last) continue;
    std::fill(first, last, uint8_t{1});
    take(group, at, choice.labels[best.label], best.score);
  }
}

}  // namespace

SpanGroup choose_spans(const std::string& key, const SpanChoice& choice,
                       std::span<const Candidate> candidates, ConstMatrixView scores) {
  SpanGroup group;
  group.name = key;
  if (choice.max_positive == size_t{1}) {
    choose_best(choice, candidates, scores, group);
  } else {
    choose_many(choice, candidates, scores, group);
  }
  return group;
}

}  // namespace pawl

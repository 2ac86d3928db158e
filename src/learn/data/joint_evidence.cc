#include "learn/data/joint_evidence.h"

#include <algorithm>

namespace pawl::learn {
namespace {

constexpr size_t kMostPrecedents = 5000;
constexpr size_t kMostNeighbours = 64;

}  // namespace

Matrix unit_vectors(std::span<const std::string_view> texts, const SentenceVectors* vectors) {
  if (vectors == nullptr) return ngram_vectors(texts);
  const Matrix whole = vectors->encode(texts);
  const size_t width = std::min(vectors->block_width(), whole.cols());
  Matrix first(texts.size(), width);
  for (size_t i = 0; i < texts.size(); ++i)
    std::copy(whole.row(i), whole.row(i) + width, first.row(i));
  normalize_rows(first);
  return first;
}

JointEvidence joint_evidence(Head head, std::span<const TextGroup* const> groups,
                             std::vector<JudgedText> texts, const CurationMemory& memory,
                             const Trust& trust) {
  JointEvidence evidence{.head = head,
                         .precedents = {},
                         .texts = std::move(texts),
                         .near = {},
                         .reputations = memory.reputations,
                         .trust = trust};
  if (groups.empty()) return evidence;
  std::set<std::string_view> judged;
  for (const TextGroup* group : groups) judged.insert(group->key);
  std::vector<LabeledExample> known;
  for (const LabeledExample& e : memory.examples) {
    if (e.knows(head) && !e.heads.at(head).set_aside && !judged.contains(e.key)) known.push_back(e);
  }
  known = balanced_memory(known, head, kMostPrecedents);
  std::vector<std::string_view> all;
  std::vector<std::string> labels;
  for (const LabeledExample& e : known) {
    all.push_back(e.text);
    labels.push_back(e.label(head));
    const bool named = e.source == "correction" || e.source == "teacher";
    evidence.precedents.push_back(
        {e.label(head), e.weight(head), e.heads.at(head).support, named});
  }
  for (const TextGroup* group : groups) all.push_back(group->turns.front().text);
  const Matrix vectors = unit_vectors(all, memory.vectors);
  evidence.near = nearest(vectors, known.size(), kMostNeighbours, fit_sharpness(vectors, labels));
  return evidence;
}

}  // namespace pawl::learn

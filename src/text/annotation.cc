#include "text/annotation.h"

#include <algorithm>
#include <cassert>

namespace pawl {
namespace {

// spaCy widens edges until no head lies outside of its sentence, but no more often than this.
constexpr int kMaxRounds = 11;

size_t head_of(std::span<const int32_t> heads, size_t token) {
  const auto head = static_cast<size_t>(static_cast<int64_t>(token) + heads[token]);
  assert(head < heads.size());
  return head;
}

void widen(SubtreeEdges& edges, size_t child, size_t head) {
  edges.left[head] = std::min(edges.left[head], edges.left[child]);
  edges.right[head] = std::max(edges.right[head], edges.right[child]);
}

bool heads_within_sentences(std::span<const int32_t> heads, const SubtreeEdges& edges) {
  const size_t size = heads.size();
  std::vector<uint8_t> starts(size, 0);
  for (size_t i = 0; i < size; ++i) {
    if (heads[i] == 0) starts[edges.left[i]] = 1;
  }
  size_t start = 0;
  for (size_t i = 0; i < size; ++i) {
    if (!(i > 0 && starts[i]) && i + 1 != size) continue;
    for (size_t j = start; j < i; ++j) {
      const size_t head = head_of(heads, j);
      if (head < start || head > i) return false;
    }
    start = i;
  }
  return true;
}

}  // namespace

SubtreeEdges subtree_edges(std::span<const int32_t> heads) {
  SubtreeEdges edges;
  for (uint32_t i = 0; i < heads.size(); ++i) {
    edges.left.push_back(i);
    edges.right.push_back(i);
  }
  for (int round = 0; round <= kMaxRounds; ++round) {
    for (size_t i = 0; i < heads.size(); ++i) widen(edges, i, head_of(heads, i));
    for (size_t i = heads.size(); i-- > 0;) widen(edges, i, head_of(heads, i));
    if (heads_within_sentences(heads, edges)) break;
  }
  return edges;
}

std::vector<int8_t> sentence_starts(std::span<const int32_t> heads,
                                    std::span<const uint8_t> known) {
  const SubtreeEdges edges = subtree_edges(heads);
  std::vector<int8_t> starts(heads.size(), -1);
  for (size_t i = 0; i < heads.size(); ++i) {
    if (heads[i] == 0 && known[i]) starts[edges.left[i]] = 1;
  }
  return starts;
}

}  // namespace pawl

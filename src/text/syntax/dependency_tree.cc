#include "text/syntax/dependency_tree.h"

#include <algorithm>

namespace pawl {

DependencyTree::DependencyTree(const Doc& doc) : doc_(&doc) {
  std::vector<int32_t> heads;
  heads.reserve(doc.size());
  for (const Token& token : doc.tokens()) heads.push_back(token.head);
  edges_ = subtree_edges(heads);
  first_.assign(doc.size() + 2, 0);
  for (uint32_t i = 0; i < size(); ++i) first_[head(i) + 2] += head(i) != i;
  for (size_t i = 2; i < first_.size(); ++i) first_[i] += first_[i - 1];
  children_.resize(first_.back());
  for (uint32_t i = 0; i < size(); ++i) {
    if (head(i) != i) children_[first_[head(i) + 1]++] = i;
  }
}

std::span<const uint32_t> DependencyTree::lefts(uint32_t i) const {
  const auto all = children(i);
  const auto begin = std::lower_bound(all.begin(), all.end(), left_edge(i));
  return {begin, std::lower_bound(begin, all.end(), i)};
}

std::span<const uint32_t> DependencyTree::rights(uint32_t i) const {
  const auto all = children(i);
  const auto begin = std::upper_bound(all.begin(), all.end(), i);
  return {begin, std::upper_bound(begin, all.end(), right_edge(i))};
}

}  // namespace pawl

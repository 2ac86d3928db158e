// A document's dependency tree, read for rules over it: who hangs on whom, and how far a subtree
// reaches. (spacy.tokens.Token: head, lefts, rights, left_edge, right_edge)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "text/annotation.h"
#include "text/doc.h"

namespace pawl {

// Borrows the document, which must not change meanwhile.
class DependencyTree {
 public:
  explicit DependencyTree(const Doc& doc);

  const Doc& doc() const { return *doc_; }
  uint32_t size() const { return static_cast<uint32_t>(doc_->size()); }
  StringId dep(uint32_t i) const { return (*doc_)[i].dep; }
  StringId pos(uint32_t i) const { return (*doc_)[i].pos; }
  uint32_t head(uint32_t i) const {  // the token itself: a root
    return static_cast<uint32_t>(static_cast<int64_t>(i) + (*doc_)[i].head);
  }
  uint32_t left_edge(uint32_t i) const { return edges_.left[i]; }
  uint32_t right_edge(uint32_t i) const { return edges_.right[i]; }
  // Its immediate children on one side, from left to right.
  std::span<const uint32_t> lefts(uint32_t i) const;
  std::span<const uint32_t> rights(uint32_t i) const;

 private:
  std::span<const uint32_t> children(uint32_t i) const {
    return std::span(children_).subspan(first_[i], first_[i + 1] - first_[i]);
  }

  const Doc* doc_;
  SubtreeEdges edges_;
  std::vector<uint32_t> children_, first_;  // of each token in turn; where each one's begin
};

}  // namespace pawl

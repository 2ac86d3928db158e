#include "pipeline/parser/projectivity.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "base/error.h"
#include "pipeline/parser/annotate.h"

namespace pawl {

namespace {

// When each token is entered and left in a walk from the roots: a is an ancestor of b where a's
// time encloses b's.
class Ancestry {
 public:
  explicit Ancestry(std::span<const int32_t> heads) { walk(heads); }

  bool is_ancestor(int32_t of, int32_t token) const {
    return entered_[of] < entered_[token] && left_[token] <= left_[of];
  }

 private:
  // Children as linked lists; a token is left when its last child was.
  void walk(std::span<const int32_t> heads) {
    const size_t n = heads.size();
    std::vector<int32_t> child(n, -1), sibling(n, -1), path;
    for (size_t i = n; i-- > 0;) {
      const auto head = static_cast<size_t>(heads[i]);
      if (head == i) continue;
      sibling[i] = child[head];
      child[head] = static_cast<int32_t>(i);
    }
    entered_.assign(n, 0);
    left_.assign(n, 0);
    uint32_t time = 0;
    for (size_t root = 0; root < n; ++root) {
      if (static_cast<size_t>(heads[root]) == root) enter(static_cast<int32_t>(root), time, path);
      while (!path.empty()) {
        const auto at = static_cast<size_t>(path.back());
        if (child[at] < 0) {
          left_[at] = time;
          path.pop_back();
          continue;
        }
        const int32_t next = child[at];
        child[at] = sibling[static_cast<size_t>(next)];
        enter(next, time, path);
      }
    }
    if (time < n) {
      throw Error(ErrorKind::kInvalidInput,
                  "the heads of a dependency tree run in a circle; correct the annotation");
    }
  }

  void enter(int32_t token, uint32_t& time, std::vector<int32_t>& path) {
    entered_[static_cast<size_t>(token)] = ++time;
    path.push_back(token);
  }

  std::vector<uint32_t> entered_, left_;
};

bool crosses(int32_t token, std::span<const int32_t> heads, const Ancestry& ancestry) {
  const int32_t head = heads[static_cast<size_t>(token)];
  const int32_t first = std::min(token, head) + 1;
  const int32_t last = std::max(token, head);
  for (int32_t k = first; k < last; ++k) {
    if (!ancestry.is_ancestor(head, k)) return true;
  }
  return false;
}

// The shortest arc that crosses others, the first of equally long ones; -1: none.
int32_t shortest_crossing_arc(std::span<const int32_t> heads) {
  const Ancestry ancestry(heads);
  int32_t least = std::numeric_limits<int32_t>::max();
  int32_t found = -1;
  for (size_t i = 0; i < heads.size(); ++i) {
    const auto token = static_cast<int32_t>(i);
    const int32_t length = std::abs(token - heads[i]);
    if (length >= least || length < 2 || !crosses(token, heads, ancestry)) continue;
    least = length;
    found = token;
  }
  return found;
}

// The first token with the label, level by level below the token's head; the head itself when there
// is none.
uint32_t find_head(const Doc& doc, const SubtreeEdges& edges, uint32_t token, StringId label) {
  const auto head_of = [&](uint32_t i) {
    return static_cast<uint32_t>(static_cast<int32_t>(i) + doc[i].head);
  };
  const uint32_t head = head_of(token);
  std::vector<uint32_t> level = {head};
  std::vector<uint8_t> seen(doc.size(), 0);
  seen[head] = 1;
  while (!level.empty()) {
    std::vector<uint32_t> next;
    for (const uint32_t parent : level) {
      for (uint32_t child = edges.left[parent]; child <= edges.right[parent]; ++child) {
        if (child == parent || head_of(child) != parent || child == token || seen[child]) continue;
        if (doc[child].lex->is(Attr::kIsSpace)) continue;
        if (doc[child].dep == label) return child;
        seen[child] = 1;
        next.push_back(child);
      }
    }
    level = std::move(next);
  }
  return head;
}

std::vector<int32_t> head_offsets(const Doc& doc) {
  std::vector<int32_t> heads;
  heads.reserve(doc.size());
  for (const Token& token : doc.tokens()) heads.push_back(token.head);
  return heads;
}

}  // namespace

bool is_projective(std::span<const int32_t> heads) {
  return shortest_crossing_arc(heads) < 0;
}

void projectivize(LabelledTree& tree, StringStore& strings) {
  int32_t arc = shortest_crossing_arc(tree.heads);
  if (arc < 0) return;
  const LabelledTree given = tree;
  for (; arc >= 0; arc = shortest_crossing_arc(tree.heads)) {
    const int32_t head = tree.heads[static_cast<size_t>(arc)];
    const int32_t above = tree.heads[static_cast<size_t>(head)];
    tree.heads[static_cast<size_t>(arc)] = above != head ? above : arc;
  }
  const auto text = [&](StringId label) { return label == 0 ? std::string() : strings.at(label); };
  for (size_t i = 0; i < given.heads.size(); ++i) {
    if (tree.heads[i] == given.heads[i]) continue;
    const StringId above = given.labels[static_cast<size_t>(given.heads[i])];
    tree.labels[i] = strings.add(text(given.labels[i]) + std::string(kDecoration) + text(above));
  }
}

void deprojectivize(Doc& doc) {
  StringStore& strings = doc.vocab().strings();
  bool found = false;
  SubtreeEdges edges;
  for (uint32_t i = 0; i < doc.size(); ++i) {
    if (doc[i].dep == 0) continue;
    const std::string& label = strings.at(doc[i].dep);
    const size_t at = label.find(kDecoration);
    if (at == std::string::npos) continue;
    if (!found) edges = subtree_edges(head_offsets(doc));
    found = true;
    const StringId above = string_id(std::string_view(label).substr(at + kDecoration.size()));
    const StringId own = strings.add(std::string_view(label).substr(0, at));
    const uint32_t head = find_head(doc, edges, i, above);
    doc[i].head = static_cast<int32_t>(head) - static_cast<int32_t>(i);
    doc[i].dep = own;
  }
  if (found) set_sentences_from_heads(doc);
}

}  // namespace pawl

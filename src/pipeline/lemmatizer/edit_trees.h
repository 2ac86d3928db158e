// Edit trees (Chrupała 2008; Müller et al. 2015): how a form becomes its lemma, by what stays (the
// longest common substring) and what is replaced before and behind it.
// (spacy.pipeline._edit_tree_internals.edit_trees)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "text/string_store.h"

namespace pawl {

// Lengths count code points; texts are well-formed UTF-8. Const functions are safe from any number
// of threads.
class EditTrees {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFFu;

  struct Tree {
    bool is_match = false;
    uint32_t prefix_length = 0, suffix_length = 0;
    uint32_t prefix = kNone, suffix = kNone;  // trees
    StringId from = 0, to = 0;                // where it is no match
    bool operator==(const Tree&) const = default;
  };

  // The tree that turns `form` into `lemma`; parts that are new are added, strings to `strings`.
  uint32_t add(std::string_view form, std::string_view lemma, StringStore& strings);
  // The same for a look-up: empty when the tree is not known.
  std::optional<uint32_t> find(std::string_view form, std::string_view lemma) const;

  // The lemma; false when the tree cannot be applied to the form.
  bool apply(uint32_t tree, std::string_view form, const StringStore& strings,
             std::string& lemma) const;

  size_t size() const { return trees_.size(); }
  const Tree& operator[](uint32_t tree) const { return trees_[tree]; }

  // The `trees` file. from_bytes throws Error(kFormat) naming `where` for what is malformed, for
  // parts that are no trees or contain themselves, and for strings that are not known.
  std::string to_bytes() const;
  void from_bytes(std::string_view bytes, const StringStore& strings, const std::string& where);
  // As label data gives them: {"prefix_len", ...} or {"orig": text, "subst": text}.
  void from_json(const Json& trees, StringStore& strings, const std::string& where);

 private:
  struct Hash {
    size_t operator()(const Tree& tree) const;
  };
  class Builder;

  uint32_t put(const Tree& tree);
  void adopt(std::vector<Tree> trees, const std::string& where);
  bool apply_to(uint32_t tree, const std::vector<uint32_t>& offsets, std::string_view form,
                size_t first, size_t last, const StringStore& strings, std::string& lemma) const;

  std::vector<Tree> trees_;
  std::unordered_map<Tree, uint32_t, Hash> ids_;
};

}  // namespace pawl

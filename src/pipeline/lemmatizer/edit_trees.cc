#include "pipeline/lemmatizer/edit_trees.h"

#include <algorithm>

#include "base/error.h"
#include "base/msgpack.h"
#include "base/utf8.h"

namespace pawl {
namespace {

// What spaCy's recursion could never build from a word; keeps a hostile file from exhausting stack.
constexpr size_t kMaxDepth = 1024;

struct Common {
  size_t source_begin = 0, source_end = 0, target_begin = 0, target_end = 0;
};

// The first of the longest common substrings, in the order of the source.
Common longest_common(std::u32string_view source, std::u32string_view target) {
  Common best;
  size_t longest = 0;
  std::vector<size_t> before(target.size()), now(target.size());
  for (size_t i = 0; i < source.size(); ++i) {
    for (size_t j = 0; j < target.size(); ++j) {
      if (source[i] != target[j]) {
        now[j] = 0;
        continue;
      }
      now[j] = i == 0 || j == 0 ? 1 : before[j - 1] + 1;
      if (now[j] <= longest) continue;
      longest = now[j];
      best = {i + 1 - longest, i + 1, j + 1 - longest, j + 1};
    }
    std::swap(before, now);
  }
  return best;
}

uint32_t length_from(const Msgpack& value) {
  const uint64_t number = value.as_uint();
  if (number > EditTrees::kNone) throw Error(ErrorKind::kFormat, "a tree's number is too large");
  return static_cast<uint32_t>(number);
}

Msgpack tree_value(const EditTrees::Tree& tree) {
  auto number = [](uint64_t value) { return Msgpack(value); };
  if (!tree.is_match)
    return Msgpack(
        Msgpack::Map{{Msgpack("orig"), number(tree.from)}, {Msgpack("subst"), number(tree.to)}});
  return Msgpack(Msgpack::Map{{Msgpack("prefix_len"), number(tree.prefix_length)},
                              {Msgpack("suffix_len"), number(tree.suffix_length)},
                              {Msgpack("prefix_tree"), number(tree.prefix)},
                              {Msgpack("suffix_tree"), number(tree.suffix)}});
}

EditTrees::Tree read_tree(const Msgpack& value, const StringStore& strings) {
  EditTrees::Tree tree;
  tree.is_match = value.find("prefix_len") != nullptr;
  if (tree.is_match) {
    tree.prefix_length = length_from(value.at("prefix_len"));
    tree.suffix_length = length_from(value.at("suffix_len"));
    tree.prefix = length_from(value.at("prefix_tree"));
    tree.suffix = length_from(value.at("suffix_tree"));
    return tree;
  }
  tree.from = value.at("orig").as_uint();
  tree.to = value.at("subst").as_uint();
  for (const StringId id : {tree.from, tree.to}) {
    if (!strings.contains(id))
      throw Error(ErrorKind::kFormat,
                  "string " + std::to_string(id) + " of a tree is not in vocab/strings.json");
  }
  return tree;
}

}  // namespace

// Cuts a pair of form and lemma into trees; `put` makes an id of each, or gives none.
class EditTrees::Builder {
 public:
  Builder(EditTrees* trees, const EditTrees& known, StringStore* strings)
      : trees_(trees), known_(known), strings_(strings) {}

  std::optional<uint32_t> build(std::u32string_view form, std::u32string_view lemma) {
    Tree tree;
    const Common common = longest_common(form, lemma);
    tree.is_match = common.source_end > 0 || (form.empty() && lemma.empty());
    if (!tree.is_match) {
      tree.from = id_of(form);
      tree.to = id_of(lemma);
      return put(tree);
    }
    tree.prefix_length = static_cast<uint32_t>(common.source_begin);
    tree.suffix_length = static_cast<uint32_t>(form.size() - common.source_end);
    if (common.source_begin != 0 || common.target_begin != 0) {
      const auto part =
          build(form.substr(0, common.source_begin), lemma.substr(0, common.target_begin));
      if (!part) return {};
      tree.prefix = *part;
    }
    if (common.source_end != form.size() || common.target_end != lemma.size()) {
      const auto part = build(form.substr(common.source_end), lemma.substr(common.target_end));
      if (!part) return {};
      tree.suffix = *part;
    }
    return put(tree);
  }

 private:
  StringId id_of(std::u32string_view text) {
    const std::string bytes = utf8::encode(text);
    return strings_ ? strings_->add(bytes) : string_id(bytes);
  }
  std::optional<uint32_t> put(const Tree& tree) {
    if (trees_) return trees_->put(tree);
    const auto found = known_.ids_.find(tree);
    if (found == known_.ids_.end()) return {};
    return found->second;
  }

  EditTrees* trees_;
  const EditTrees& known_;
  StringStore* strings_;
};

size_t EditTrees::Hash::operator()(const Tree& tree) const {
  uint64_t hash = tree.is_match;
  for (const uint64_t part : {uint64_t{tree.prefix_length}, uint64_t{tree.suffix_length},
                              uint64_t{tree.prefix}, uint64_t{tree.suffix}, tree.from, tree.to})
    hash = (hash ^ part) * 0x9E3779B97F4A7C15u + (hash >> 29);
  return hash;
}

uint32_t EditTrees::put(const Tree& tree) {
  const auto [at, added] = ids_.try_emplace(tree, static_cast<uint32_t>(trees_.size()));
  if (added) trees_.push_back(tree);
  return at->second;
}

uint32_t EditTrees::add(std::string_view form, std::string_view lemma, StringStore& strings) {
  return *Builder(this, *this, &strings).build(utf8::decode(form), utf8::decode(lemma));
}

std::optional<uint32_t> EditTrees::find(std::string_view form, std::string_view lemma) const {
  return Builder(nullptr, *this, nullptr).build(utf8::decode(form), utf8::decode(lemma));
}

bool EditTrees::apply(uint32_t tree, std::string_view form, const StringStore& strings,
                      std::string& lemma) const {
  lemma.clear();
  const std::vector<uint32_t> offsets = utf8::offsets(form);
  return apply_to(tree, offsets, form, 0, offsets.size() - 1, strings, lemma);
}

// To the code points [first, last) of the form.
bool EditTrees::apply_to(uint32_t id, const std::vector<uint32_t>& offsets, std::string_view form,
                         size_t first, size_t last, const StringStore& strings,
                         std::string& lemma) const {
  const Tree& tree = trees_[id];
  const auto part = [&](size_t from, size_t to) {
    return form.substr(offsets[from], offsets[to] - offsets[from]);
  };
  if (!tree.is_match) {
    if (part(first, last) != strings.at(tree.from)) return false;
    lemma += strings.at(tree.to);
    return true;
  }
  if (uint64_t{tree.prefix_length} + tree.suffix_length > last - first) return false;
  const size_t begin = first + tree.prefix_length, end = last - tree.suffix_length;
  if (tree.prefix != kNone && !apply_to(tree.prefix, offsets, form, first, begin, strings, lemma))
    return false;
  lemma += part(begin, end);
  return tree.suffix == kNone || apply_to(tree.suffix, offsets, form, end, last, strings, lemma);
}

std::string EditTrees::to_bytes() const {
  Msgpack::Array trees;
  for (const Tree& tree : trees_) trees.push_back(tree_value(tree));
  return to_msgpack(Msgpack(Msgpack::Map{{Msgpack("trees"), Msgpack(std::move(trees))}}));
}

void EditTrees::from_bytes(std::string_view bytes, const StringStore& strings,
                           const std::string& where) {
  std::vector<Tree> trees;
  try {
    const Msgpack message = parse_msgpack(bytes);
    for (const Msgpack& tree : message.at("trees").as_array())
      trees.push_back(read_tree(tree, strings));
  } catch (const Error& error) {
    throw error.within(where);
  }
  adopt(std::move(trees), where);
}

void EditTrees::from_json(const Json& list, StringStore& strings, const std::string& where) {
  std::vector<Tree> trees;
  auto number = [](const Json& item, const char* key) {
    const uint64_t value = item.at(key).as_uint();
    if (value > kNone) throw Error(ErrorKind::kFormat, "a tree's number is too large");
    return static_cast<uint32_t>(value);
  };
  auto text = [&](const Json& value) {
    if (value.is_string()) return strings.add(value.as_string());
    const StringId id = value.as_uint();
    strings.at(id);
    return id;
  };
  try {
    for (const Json& item : list.as_array()) {
      if (item.find("prefix_len"))
        trees.push_back({true, number(item, "prefix_len"), number(item, "suffix_len"),
                         number(item, "prefix_tree"), number(item, "suffix_tree"), 0, 0});
      else
        trees.push_back({false, 0, 0, kNone, kNone, text(item.at("orig")), text(item.at("subst"))});
    }
  } catch (const Error& error) {
    throw error.within(where);
  }
  adopt(std::move(trees), where);
}

// A part comes before the tree it belongs to, as spaCy makes them; so no tree contains itself.
void EditTrees::adopt(std::vector<Tree> trees, const std::string& where) {
  std::vector<size_t> depth(trees.size(), 1);
  for (size_t i = 0; i < trees.size(); ++i) {
    for (const uint32_t part : {trees[i].prefix, trees[i].suffix}) {
      if (part == kNone) continue;
      if (part >= i)
        throw Error(ErrorKind::kFormat, where + ": tree " + std::to_string(i) +
                                            " has a part that does not come before it");
      depth[i] = std::max(depth[i], depth[part] + 1);
    }
    if (depth[i] > kMaxDepth)
      throw Error(ErrorKind::kFormat, where + ": tree " + std::to_string(i) + " is too deep");
  }
  trees_ = std::move(trees);
  ids_.clear();
  for (uint32_t i = 0; i < trees_.size(); ++i) ids_.try_emplace(trees_[i], i);
}

}  // namespace pawl

// The actions of the entity recogniser: B, I, L and U with a label, and O. Which there are, in
// which order (their index is the row of the output layer), and the `moves` file that keeps them.
// Behaviour: spacy.pipeline._parser_internals.{transition_system,ner}.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/msgpack.h"
#include "text/string_store.h"

namespace pawl {

enum class BiluoMove : uint8_t { kMissing, kBegin, kIn, kLast, kUnit, kOut };
inline constexpr size_t kBiluoMoves = 6;

struct BiluoAction {
  BiluoMove move = BiluoMove::kMissing;
  StringId label = 0;
  bool operator==(const BiluoAction&) const = default;
};

// A value: copied with its component.
class BiluoActions {
 public:
  // Label and how often it was seen, the most frequent first; labels that were added later have
  // negative counts. The key is the move's number.
  using Counts = std::vector<std::pair<std::string, int64_t>>;
  using Table = std::map<int, Counts>;

  static constexpr int kNone = -1;

  size_t size() const { return actions_.size(); }
  const BiluoAction& operator[](size_t i) const { return actions_[i]; }
  const std::vector<BiluoAction>& actions() const { return actions_; }
  const Table& table() const { return table_; }
  std::vector<std::string> labels() const;  // entity labels, sorted

  // Index of an action, or kNone.
  int find(BiluoAction action) const;
  std::string name(size_t i, const StringStore& strings) const;  // "B-ORG", "O"

  // Replaces all actions: moves in the order of their numbers, labels by count, equal counts by
  // name backwards; negative counts last.
  void initialize(const Table& table, StringStore& strings);
  // Appends the label's missing actions; false when there were none.
  bool add_label(const std::string& label, StringStore& strings);

  // The bytes of the `moves` file. Throws Error(kFormat) naming `where` and the key.
  void from_bytes(std::string_view bytes, const std::string& where, StringStore& strings);
  std::string to_bytes() const;

 private:
  bool add(int move, const std::string& label, StringStore& strings);

  Table table_;
  std::vector<BiluoAction> actions_;
  std::map<std::pair<int, StringId>, int> index_;
  Msgpack settings_;  // the file's "cfg"; null: spaCy's default
};

}  // namespace pawl

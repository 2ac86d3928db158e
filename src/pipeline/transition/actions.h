// The actions of a transition system: its moves with their labels. Which there are, in which order
// (their index is the row of the output layer), and the `moves` file that keeps them.
// Behaviour: spacy.pipeline._parser_internals.transition_system.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/msgpack.h"
#include "text/string_store.h"

namespace pawl {

// What a transition system is to its table of actions. Static data: tables keep a pointer to it.
struct TransitionMoves {
  const char* const* names;  // of the moves 0 to count - 1: "B", "S" ...
  int count;
  int first_labelled, last_labelled;  // the moves that get an action for every new label
  // Whether the move may go with a label (or with none).
  bool (*is_action)(int move, bool labelled);
  // Whether an action without a label is written with the hyphen all the same ("U-").
  bool (*has_hyphen)(int move);
  const char* what;  // "an entity action"; for messages
};

// A value: copied with its component.
class TransitionTable {
 public:
  // Label and how often it was seen, the most frequent first; labels that were added later have
  // negative counts. The key is the move's number.
  using Counts = std::vector<std::pair<std::string, int64_t>>;
  using Table = std::map<int, Counts>;
  struct Entry {
    uint8_t move = 0;
    StringId label = 0;
    bool operator==(const Entry&) const = default;
  };

  static constexpr int kNone = -1;

  explicit TransitionTable(const TransitionMoves& moves) : moves_(&moves) {}

  size_t size() const { return entries_.size(); }
  const std::vector<Entry>& entries() const { return entries_; }
  const Table& table() const { return table_; }
  bool has_label(int move, const std::string& label) const;

  // Index of an action, or kNone.
  int find(int move, StringId label) const;
  std::string name(size_t i, const StringStore& strings) const;  // "B-ORG", "O"

  // Replaces all actions: moves in the order of their numbers, labels by count, equal counts by
  // name backwards; negative counts last.
  void initialize(const Table& table, StringStore& strings);
  // Appends the label's missing actions; false when there were none.
  bool add_label(const std::string& label, StringStore& strings);

  // {"0": {label: count, ...}, ...}, as `spacy init labels` writes it. Throws Error(kFormat).
  Table parse_table(const Json& moves) const;

  // The bytes of the `moves` file. Throws Error(kFormat) naming `where` and the key.
  void from_bytes(std::string_view bytes, const std::string& where, StringStore& strings);
  std::string to_bytes() const;

 private:
  bool add(int move, const std::string& label, StringStore& strings);

  const TransitionMoves* moves_;
  Table table_;
  std::vector<Entry> entries_;
  std::map<std::pair<int, StringId>, int> index_;
  Msgpack settings_;  // the file's "cfg"; null: spaCy's default
};

// A table whose actions are of one system's type: Action{Move move; StringId label}.
template <typename Action>
class TypedTransitionTable : public TransitionTable {
 public:
  using TransitionTable::find;
  using TransitionTable::TransitionTable;

  Action operator[](size_t i) const {
    const Entry& entry = entries()[i];
    return {static_cast<decltype(Action::move)>(entry.move), entry.label};
  }
  std::vector<Action> actions() const {
    std::vector<Action> out;
    for (size_t i = 0; i < size(); ++i) out.push_back((*this)[i]);
    return out;
  }
  int find(const Action& action) const { return find(static_cast<int>(action.move), action.label); }
};

}  // namespace pawl

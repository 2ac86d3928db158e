// One document on its way through the parser: the stack of words still without all their arcs, the
// buffer of words to come, and the arcs so far. Behaviour: spacy.pipeline._parser_internals._state.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/parser/arc_eager.h"
#include "text/doc.h"

namespace pawl {

// Words are indices of tokens, -1 for none. Stack and buffer are each in the order of the text, all
// of the stack before the buffer.
class ArcEagerState {
 public:
  ArcEagerState() = default;
  explicit ArcEagerState(std::span<const Token> tokens) { begin(tokens); }
  // Starts with a document: its sentence starts, as far as known, are constraints. Memory is kept.
  void begin(std::span<const Token> tokens);

  int32_t length() const { return static_cast<int32_t>(words_.size()); }
  int32_t stack_depth() const { return static_cast<int32_t>(stack_.size()); }
  int32_t buffer_length() const {
    return length() - next_ + static_cast<int32_t>(returned_.size());
  }
  int32_t stack(int32_t i) const;   // 0: the topmost
  int32_t buffer(int32_t i) const;  // 0: the next
  bool is_final() const { return stack_.empty() && buffer_length() == 0; }

  bool in_stack(int32_t word) const { return flag(word, kInStack); }
  bool in_buffer(int32_t word) const { return word >= next_ || flag(word, kReturned); }
  bool is_sent_start(int32_t word) const { return word >= 0 && flag(word, kStart); }
  bool cannot_sent_start(int32_t word) const { return word >= 0 && flag(word, kNoStart); }
  // It was put back from the stack and must get a head before it is pushed again.
  bool is_unshiftable(int32_t word) const { return flag(word, kUnshiftable); }
  // The first word of the buffer that begins a sentence; length() when none does.
  int32_t next_sent_start() const;

  bool has_head(int32_t word) const { return words_[static_cast<size_t>(word)].head >= 0; }
  int32_t head(int32_t word) const { return words_[static_cast<size_t>(word)].head; }
  StringId label(int32_t word) const { return words_[static_cast<size_t>(word)].label; }
  // The word's child that got its arc last, or (nth 2) the one before.
  int32_t left_child(int32_t word, int nth) const;
  int32_t right_child(int32_t word, int nth) const;

  // Bit (1 << move) for each move that may be taken. The state must not be final.
  uint32_t valid_moves() const;
  // Whether LEFT and RIGHT may carry the label "subtok": the words are neighbours.
  bool may_be_subtoken() const { return stack(0) == buffer(0) - 1; }
  void apply(ArcEagerAction action);
  // When no action is valid: leaves the rest as it is.
  void force_final();

  // Words whose vectors make up the state: for 8 features the next two words, the top three of the
  // stack, the latest left child of the next word and the latest children to both sides of the
  // topmost; for 13 two children of more words.
  void features(std::span<int32_t> out) const;

 private:
  enum Flag : uint8_t { kInStack = 1, kReturned = 2, kStart = 4, kNoStart = 8, kUnshiftable = 16 };
  struct Word {
    int32_t head = -1;
    int32_t left = -1;  // latest child on this side
    int32_t right = -1;
    int32_t sibling = -1;  // the child, on the same side of the same head, before this one
    StringId label = 0;
    uint8_t flags = 0;
  };

  bool flag(int32_t word, Flag which) const {
    return (words_[static_cast<size_t>(word)].flags & which) != 0;
  }
  void set_flag(int32_t word, Flag which, bool on);
  bool break_is_valid() const;
  void push();
  int32_t pop();
  void put_back();
  void add_arc(int32_t head, int32_t child, StringId label);

  std::vector<Word> words_;
  std::vector<int32_t> stack_;
  std::vector<int32_t> returned_;  // put back before next_; the last is the first of the buffer
  int32_t next_ = 0;               // the first word that was never on the stack
};

}  // namespace pawl

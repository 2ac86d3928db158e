// One document on its way through the entity recogniser: which token is next, which entity is open,
// and which actions may be taken. Every action consumes one token.
// Behaviour: spacy.pipeline._parser_internals.{_state,ner}.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/ner/biluo.h"
#include "text/doc.h"

namespace pawl {

class BiluoState {
 public:
  // Borrows the document's tokens: entities annotated on them and sentence starts are constraints.
  explicit BiluoState(std::span<const Token> tokens);

  uint32_t next() const { return next_; }  // index of the token to decide on
  uint32_t length() const { return static_cast<uint32_t>(tokens_.size()); }
  uint32_t remaining() const { return length() - next_; }
  const Token& token() const { return token(0); }
  bool is_final() const { return next_ >= tokens_.size(); }
  bool entity_is_open() const { return open_; }
  uint32_t entity_start() const { return start_; }
  StringId entity_label() const { return label_; }
  const std::vector<Span>& entities() const { return entities_; }  // closed ones, in order
  // Entities (or blocked tokens) were annotated before: validity then depends on the label, too.
  bool has_presets() const { return has_presets_; }

  // Whether the action may be taken. The state must not be final.
  bool is_valid(BiluoAction action) const;
  // Fills valid[i] for every action.
  void set_valid(const BiluoActions& actions, uint8_t* valid) const;
  void apply(BiluoAction action);
  // When no action is valid: leaves the rest as it is. An open entity is forgotten.
  void force_final();

  // The part of is_valid that is the same for all labels when there are no presets.
  bool may_begin() const;     // B, any label
  bool may_continue() const;  // I, the open label
  bool may_be_unit() const;   // U, any label

  // Token indices whose vectors make up the state: the next token, then (3 features) the first
  // token of the open entity and the last one before the next, or (6) the first five tokens of the
  // open entity; -1 where there is none.
  void features(std::span<int32_t> out) const;

 private:
  const Token& token(uint32_t ahead) const;
  bool begin_is_valid(StringId label) const;
  bool in_is_valid(StringId label) const;
  bool last_is_valid(StringId label) const;
  bool unit_is_valid(StringId label) const;

  std::span<const Token> tokens_;
  uint32_t next_ = 0;
  uint32_t start_ = 0;
  StringId label_ = 0;
  bool open_ = false;
  bool has_presets_ = false;
  std::vector<Span> entities_;
};

// Writes what a finished state found into its document as spaCy does: entities replace what their
// tokens said, other annotation stays, what is still unknown becomes outside.
void set_entities(const BiluoState& state, Doc& doc);

}  // namespace pawl

// What one update of the recogniser goes through: documents, or pieces of them, from a state in the
// middle of the reference's actions on. Not for use outside of the component.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/ner/ner.h"
#include "pipeline/ner/oracle.h"
#include "pipeline/transition/supervision.h"

namespace pawl {

struct Ner::Run {
  BiluoState state;        // where it starts
  size_t first_token = 0;  // of its document, in the batch
  size_t gold = 0;         // index into Batch::golds
  float weight = 1.0f;
  uint32_t max_states = 0;
  size_t first_row = 0;  // its states are consecutive rows of scores
  uint32_t states = 0;   // that were reached
};

struct Ner::Batch {
  std::vector<const Doc*> docs;
  std::vector<BiluoGold> golds;  // empty: nothing to learn from (rehearsal)
  std::vector<Run> runs;
  std::vector<uint8_t> valid;  // [rows, actions]
  std::vector<float> costs;    // [rows, actions]; empty without golds
  std::vector<ScoredState> scored;

  size_t rows() const { return runs.empty() ? 0 : runs.back().first_row + runs.back().max_states; }
};

}  // namespace pawl

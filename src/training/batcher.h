// How a pass over the examples is cut into batches. spacy.training.batchers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "training/schedule.h"

namespace pawl {

using Batches = std::vector<std::vector<uint32_t>>;  // indices into the examples

class Batcher {
 public:
  // A block with "@batchers": spacy.batch_by_words.v1, batch_by_sequence.v1 or batch_by_padded.v1.
  // Throws Error naming `where`, the block's path, and the key.
  Batcher(const Json& config, const std::string& where);

  // Batches of one pass; `lengths` are the examples' token counts in the order of the pass. Sizes
  // go on where the last pass left them.
  Batches cut(std::span<const uint32_t> lengths);

  Schedule& size() { return size_; }

 private:
  Batches by_words(std::span<const uint32_t> lengths);
  Batches by_sequence(std::span<const uint32_t> lengths);
  Batches by_padded_size(std::span<const uint32_t> lengths);

  std::string kind_;
  Schedule size_;
  double tolerance_ = 0.2;
  bool discard_oversize_ = false;
  size_t buffer_ = 256;
};

}  // namespace pawl

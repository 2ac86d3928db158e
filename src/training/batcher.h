// How a pass over the examples is cut into batches. spacy.training.batchers.
#pragma once

#include <cstdint>
#include <memory>
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
  ~Batcher();

  // Examples come one by one with their token counts; batches that are complete join `out`.
  void add(uint32_t index, uint32_t length, Batches& out);
  // The pass is over: what is left joins `out`. Sizes go on where this pass left them.
  void finish(Batches& out);

  // Batches of one pass; `lengths` are the examples' token counts in the order of the pass.
  Batches cut(std::span<const uint32_t> lengths);

  Schedule& size() { return size_; }

  class Pass;  // one pass by one strategy

 private:
  std::unique_ptr<Pass> make_pass();

  std::string kind_;
  Schedule size_;
  double tolerance_ = 0.2;
  bool discard_oversize_ = false;
  size_t buffer_ = 256;
  std::unique_ptr<Pass> pass_;
};

}  // namespace pawl

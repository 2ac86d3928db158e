// Adam's state of a parameter of which an update touches few rows. Rows that are zero and never had
// a gradient have no state: Adam leaves them zero. The others change with every update, through
// momentum, weight decay and averaging, but a row's own past decides how; so a row catches up when
// it is next read or learnt from, several steps at once, with the very arithmetic of the steps
// taken one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "math/adam_step.h"
#include "math/matrix.h"
#include "nn/model.h"

namespace pawl::nn {

class SparseState : public PendingRows {
 public:
  // Rows of `param` that are not zero get state at once.
  SparseState(const Param& param, bool averages);

  // The gradient of every row with state or non-zero gradient grows by l2 * weights.
  void add_weights_to_gradient(Param& param, float l2);
  // Takes over param.touched, each row once; returns the squared norm of their gradients.
  double collect(Param& param);
  // One step: the collected rows learn, and their gradients become zero.
  void update(Param& param, const AdamStep& step);

  void settle(Param& param, std::span<const uint32_t> rows) override;
  void settle_all(Param& param) override;
  void swap_averages(Param& param);

  // All rows are settled first.
  Msgpack save(Param& param);
  void load(Param& param, const Msgpack& value, uint64_t updates);

 private:
  static constexpr uint32_t kNone = 0xffffffff;
  static constexpr size_t kChunk = 256;  // slots per allocation

  uint32_t slot_for(uint32_t row);
  float* block(uint32_t slot);  // moment1, moment2, averages: row_width values each
  void catch_up(Param& param, uint32_t slot, const float* gradient);

  size_t width_;
  bool averages_;
  std::vector<uint32_t> slots_;      // by row; kNone: no state
  std::vector<uint32_t> rows_;       // by slot
  std::vector<uint64_t> done_;       // by slot: steps that are in the weights
  std::vector<uint64_t> collected_;  // by slot: the step it was last collected for
  std::vector<FloatVector> chunks_;
  std::vector<uint32_t> active_;   // slots collected for the coming step
  std::vector<AdamStep> history_;  // steps first_ + 1 ... now_
  uint64_t first_ = 0;
  uint64_t now_ = 0;
};

}  // namespace pawl::nn

#include "pipeline/transition/state_vectors.h"

#include <algorithm>
#include <vector>

#include "math/ops.h"

namespace pawl {

namespace {

// 4,096 tokens are kept at once. A state looks at 13 tokens at most, and the next one at much the
// same.
constexpr size_t kBlock = 256, kSlots = 16;
// What a call with more tokens needed is given back.
constexpr size_t kUsualTokens = 1024;

// order[f * pieces * hidden + p * hidden + o] = row of thinc's lower weights.
std::vector<uint32_t> lower_order(size_t features, size_t pieces, size_t hidden) {
  const std::vector<uint32_t> planar = planar_order(hidden, pieces);
  std::vector<uint32_t> order;
  order.reserve(features * planar.size());
  for (size_t f = 0; f < features; ++f) {
    for (const uint32_t row : planar) {
      order.push_back(static_cast<uint32_t>(f * planar.size()) + row);
    }
  }
  return order;
}

FloatVector reorder(const FloatVector& values, std::span<const uint32_t> order) {
  FloatVector out(order.size());
  for (size_t i = 0; i < order.size(); ++i) out[i] = values[order[i]];
  return out;
}

}  // namespace

StateVectors::StateVectors(const ParserNodes& nodes)
    : features_(nodes.features), pieces_(nodes.pieces), hidden_(nodes.hidden) {
  const nn::Param& linear = nodes.linear->param("W");
  linear_ = PackedMatrix(
      ConstMatrixView(linear.value.data(), nodes.inputs, linear.size() / nodes.inputs));
  linear_bias_ = nodes.linear->param("b").value;
  const size_t width = hidden_ * pieces_;
  const std::vector<uint32_t> order = lower_order(features_, pieces_, hidden_);
  const nn::Param& lower = nodes.lower->param("W");
  lower_ = PackedMatrix({lower.value.data(), features_ * width, nodes.inputs}, order);
  pad_ = reorder(nodes.lower->param("pad").value, order);
  bias_ = reorder(nodes.lower->param("b").value, std::span(order).first(width));
  alone_bias_ = bias_;
  for (size_t f = 1; f < features_; ++f) add(pad_.data() + f * width, alone_bias_.data(), width);
}

void StateVectors::begin(const TokenVectors& tokens, Buffers& buffers) const {
  const size_t blocks = (tokens.size() + kBlock - 1) / kBlock;
  buffers.tokens = tokens;
  buffers.slots.assign(blocks, -1);
  buffers.blocks.assign(std::min(blocks, kSlots), -1);
  buffers.next_slot = 0;
  buffers.contributions.resize(std::min(tokens.size(), kSlots * kBlock), lower_.rows());
  buffers.sums.resize(hidden_ * pieces_);
  for (size_t block = 0; blocks <= kSlots && block < blocks; ++block) load(block, buffers);
}

void StateVectors::finish(Buffers& buffers) {
  if (buffers.tokens.size() > kUsualTokens) buffers = Buffers();
  buffers.tokens = TokenVectors();
}

// In place of the block that has been there longest.
void StateVectors::load(size_t block, Buffers& buffers) const {
  const size_t slot = buffers.next_slot++ % buffers.blocks.size();
  if (buffers.blocks[slot] >= 0) buffers.slots[static_cast<size_t>(buffers.blocks[slot])] = -1;
  buffers.blocks[slot] = static_cast<int32_t>(block);
  buffers.slots[block] = static_cast<int32_t>(slot);
  const size_t first = block * kBlock, rows = std::min(kBlock, buffers.tokens.size() - first);
  buffers.vectors.resize(rows, linear_.rows());
  gemm(buffers.tokens.rows(first, rows, buffers.part), linear_, linear_bias_.data(),
       buffers.vectors, false);
  gemm(buffers.vectors, lower_, nullptr,
       buffers.contributions.view().slice_rows(slot * kBlock, rows), false);
}

const float* StateVectors::contribution(size_t token, Buffers& buffers) const {
  const size_t block = token / kBlock;
  if (buffers.slots[block] < 0) load(block, buffers);
  return buffers.contributions.row(static_cast<size_t>(buffers.slots[block]) * kBlock +
                                   token % kBlock);
}

void StateVectors::compute(std::span<const int32_t> tokens, Buffers& buffers, float* out) const {
  const size_t width = hidden_ * pieces_;
  float* sums = buffers.sums.data();
  std::copy_n(bias_.data(), width, sums);
  for (size_t f = 0; f < features_; ++f) {
    const float* from = tokens[f] < 0
                            ? pad_.data() + f * width
                            : contribution(static_cast<size_t>(tokens[f]), buffers) + f * width;
    add(from, sums, width);
  }
  choose(buffers, out);
}

void StateVectors::compute_alone(size_t token, Buffers& buffers, float* out) const {
  const size_t width = hidden_ * pieces_;
  std::copy_n(contribution(token, buffers), width, buffers.sums.data());
  add(alone_bias_.data(), buffers.sums.data(), width);
  choose(buffers, out);
}

void StateVectors::choose(Buffers& buffers, float* out) const {
  maxout_planar({buffers.sums.data(), 1, hidden_ * pieces_}, pieces_, {out, 1, hidden_}, nullptr);
}

}  // namespace pawl

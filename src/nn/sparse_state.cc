#include "nn/sparse_state.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/error.h"
#include "math/ops.h"

namespace pawl::nn {

SparseState::SparseState(const Param& param, bool averages)
    : width_(param.row_width), averages_(averages), slots_(param.size() / width_, kNone) {
  for (size_t row = 0; row < slots_.size(); ++row) {
    const float* values = param.value.data() + row * width_;
    if (std::any_of(values, values + width_, [](float value) { return value != 0.0f; })) {
      slot_for(static_cast<uint32_t>(row));
    }
  }
}

uint32_t SparseState::slot_for(uint32_t row) {
  uint32_t& slot = slots_[row];
  if (slot != kNone) return slot;
  slot = static_cast<uint32_t>(rows_.size());
  if (slot % kChunk == 0) chunks_.emplace_back(kChunk * 3 * width_, 0.0f);
  rows_.push_back(row);
  done_.push_back(now_);
  collected_.push_back(0);
  return slot;
}

float* SparseState::block(uint32_t slot) {
  return chunks_[slot / kChunk].data() + slot % kChunk * 3 * width_;
}

void SparseState::catch_up(Param& param, uint32_t slot, const float* gradient) {
  if (done_[slot] == now_) return;
  float* state = block(slot);
  const std::span<const AdamStep> steps(history_.data() + (done_[slot] - first_),
                                        now_ - done_[slot]);
  adam_steps(steps, gradient, param.value.data() + size_t{rows_[slot]} * width_, state,
             state + width_, averages_ ? state + 2 * width_ : nullptr, width_);
  done_[slot] = now_;
}

void SparseState::settle(Param& param, std::span<const uint32_t> rows) {
  for (const uint32_t row : rows) {
    if (slots_[row] != kNone) catch_up(param, slots_[row], nullptr);
  }
}

void SparseState::settle_all(Param& param) {
  if (history_.empty()) return;
  for (uint32_t slot = 0; slot < rows_.size(); ++slot) catch_up(param, slot, nullptr);
  history_.clear();
  first_ = now_;
}

void SparseState::add_weights_to_gradient(Param& param, float l2) {
  settle_all(param);
  for (const uint32_t row : param.touched) slot_for(row);
  for (const uint32_t row : rows_) {
    axpy(l2, param.value.data() + row * width_, param.gradient.data() + row * width_, width_);
  }
  param.touched.assign(rows_.begin(), rows_.end());
}

double SparseState::collect(Param& param) {
  active_.clear();
  double squared = 0.0;
  for (const uint32_t row : param.touched) {
    const uint32_t slot = slot_for(row);
    if (collected_[slot] == now_ + 1) continue;
    collected_[slot] = now_ + 1;
    active_.push_back(slot);
    squared += squared_norm(param.gradient.data() + row * width_, width_);
  }
  param.touched.clear();
  return squared;
}

void SparseState::update(Param& param, const AdamStep& step) {
  history_.push_back(step);
  ++now_;
  for (const uint32_t slot : active_) {
    float* gradient = param.gradient.data() + size_t{rows_[slot]} * width_;
    catch_up(param, slot, gradient);
    std::fill_n(gradient, width_, 0.0f);
  }
  active_.clear();
}

void SparseState::swap_averages(Param& param) {
  settle_all(param);
  for (uint32_t slot = 0; slot < rows_.size(); ++slot) {
    float* averages = block(slot) + 2 * width_;
    std::swap_ranges(averages, averages + width_,
                     param.value.data() + size_t{rows_[slot]} * width_);
  }
}

Msgpack SparseState::save(Param& param) {
  settle_all(param);
  const size_t row_bytes = 3 * width_ * sizeof(float);
  std::string blocks(rows_.size() * row_bytes, '\0');
  for (uint32_t slot = 0; slot < rows_.size(); ++slot) {
    std::memcpy(blocks.data() + slot * row_bytes, block(slot), row_bytes);
  }
  std::string rows(rows_.size() * sizeof(uint32_t), '\0');
  if (!rows.empty()) std::memcpy(rows.data(), rows_.data(), rows.size());
  return Msgpack(Msgpack::Map{{Msgpack("rows"), Msgpack(Msgpack::Binary{std::move(rows)})},
                              {Msgpack("state"), Msgpack(Msgpack::Binary{std::move(blocks)})}});
}

void SparseState::load(Param& param, const Msgpack& value, uint64_t updates) {
  const std::string& rows = value.at("rows").as_bytes();
  const std::string& blocks = value.at("state").as_bytes();
  const size_t count = rows.size() / sizeof(uint32_t);
  const size_t row_bytes = 3 * width_ * sizeof(float);
  if (rows.size() % sizeof(uint32_t) != 0 || blocks.size() != count * row_bytes) {
    throw Error(ErrorKind::kFormat, "the optimizer's state does not fit the model");
  }
  std::fill(slots_.begin(), slots_.end(), kNone);
  rows_.clear();
  done_.clear();
  collected_.clear();
  chunks_.clear();
  history_.clear();
  first_ = now_ = updates;
  for (size_t i = 0; i < count; ++i) {
    uint32_t row = 0;
    std::memcpy(&row, rows.data() + i * sizeof(uint32_t), sizeof(uint32_t));
    if (row >= slots_.size() || slots_[row] != kNone) {
      throw Error(ErrorKind::kFormat, "the optimizer's state names a row that the model lacks");
    }
    std::memcpy(block(slot_for(row)), blocks.data() + i * row_bytes, row_bytes);
  }
  param.pending->settle_all(param);
}

}  // namespace pawl::nn

// Series of numbers that a training run steps through: learning rates, batch sizes, dropout.
// thinc.schedules.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace pawl {

class Schedule {
 public:
  // A number, a list (its last value stays), or a block with "@schedules": constant.v1,
  // constant_then.v1, decaying.v1, compounding.v1, warmup_linear.v1, slanted_triangular.v1,
  // cyclic_triangular.v1. Throws Error naming `where`, the block's path, and the key.
  Schedule(const Json& config, const std::string& where);

  double next();
  bool is_constant() const { return config_.is_number(); }

  // For a checkpoint: how many values were taken.
  uint64_t position() const { return step_; }
  void set_position(uint64_t position);

 private:
  double value_at(uint64_t step);
  double get(const char* key) const;

  Json config_;
  std::string where_, kind_;
  uint64_t step_ = 0;
  double current_ = 0;  // compounding's running product
};

}  // namespace pawl

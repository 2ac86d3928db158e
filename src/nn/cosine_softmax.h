// A softmax over the cosines between a vector and a trained one for each label, and the gradients
// of its cross entropy (NormFace, Wang et al. 2017).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "math/matrix.h"
#include "nn/model.h"

namespace pawl::nn {

struct Target {
  uint32_t label = 0;
  float weight = 1.0f;
};

// Rows of length 1, and what their gradients need. A row of zeros stays one.
struct Directions {
  Matrix rows;
  std::vector<float> inverse;

  void forward(ConstMatrixView x);
  // The gradient of the directions becomes that of x.
  void backward(MatrixView d) const;
};

// One thread at a time. Targets are asserted to be labels, one for each row.
class CosineSoftmax {
 public:
  // `scale`: of the cosines, before the softmax. The labels' vectors begin as zeros.
  CosineSoftmax(size_t labels, size_t width, double scale);

  // Adds the direction of each row, by its weight, to its label's vector.
  void add(std::span<const Target> targets, ConstMatrixView x);

  // Between these two the labels' vectors must stay as they are. Afterwards their parameter's
  // gradient is the sum of those of all batches between.
  void begin_step();
  // Returns the weighted mean cross entropy of `x`, a row for each target; `x` becomes its
  // gradient.
  double backward(std::span<const Target> targets, Matrix& x);
  void end_step();

  size_t labels() const { return static_cast<size_t>(vectors_.shape[0]); }
  Param& vectors() { return vectors_; }

 private:
  MatrixView rows() { return {vectors_.value.data(), labels(), width_}; }
  MatrixView d_rows() { return {vectors_.gradient.data(), labels(), width_}; }
  double cross_entropy(std::span<const Target> targets);

  size_t width_;
  float scale_;
  Param vectors_;
  Matrix logits_;
  Directions directions_, label_directions_;
};

}  // namespace pawl::nn

// L2-regularised multinomial logistic regression over sparse and dense features, trained to
// convergence by dual coordinate ascent.
//
// Minimises 1/2 |W|^2 + sum over examples i of c * weight_i * -log softmax(x_i W)[label_i], where
// x_i holds the sparse features, the dense ones and a constant (whose row of W is the bias). In the
// dual, W = sum_i x_i alpha_i^T and alpha_i = c_i (e_label - p_i) with a distribution p_i per
// example; one step finds the best p_i of one example exactly, with all others held (Shalev-Shwartz
// and Zhang 2013; Yu, Huang and Lin 2011 for the multinomial case). A step touches only the
// features the example has, and what is left of an earlier solution is a starting point as good as
// it was.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "math/matrix.h"

namespace pawl {

// One example's features; borrowed. Columns rise strictly and are below the trainer's
// sparse_columns; `dense` has dense_width values.
struct FeatureView {
  std::span<const uint32_t> columns;
  std::span<const float> values;
  std::span<const float> dense;
};

struct LogisticOptions {
  double c = 1.0;
  double tolerance = 2e-3;  // of the mean distance, see LogisticResult
  size_t max_passes = 200;
  uint64_t seed = 0;  // of the order in which examples are visited
};

struct LogisticResult {
  size_t passes = 0;    // over all examples or those still moving
  size_t steps = 0;     // of single examples
  double distance = 0;  // weighted mean total variation between p_i and softmax(x_i W), 0..1
  bool converged = false;
};

// Owns a copy of the examples, the weights and the dual variables. One thread at a time. The same
// calls give the same weights, bit for bit, on the same instruction set.
class LogisticTrainer {
 public:
  // `constant`: the value of the constant feature.
  LogisticTrainer(size_t dense_width, float constant);

  // Labels and columns beyond those known so far make the model grow; what is new begins at zero.
  // Returns the example's index.
  size_t add_example(const FeatureView& features, uint32_t label, float weight);
  void set_label(size_t example, uint32_t label);
  void grow(size_t sparse_columns, size_t classes);

  // Takes up a solution found earlier: weights of this shape, the dual variables from what they say
  // of the examples.
  void resume(const Matrix& weights);
  // Steps over all examples, or those that still move, until the tolerance is met.
  LogisticResult solve(const LogisticOptions& options);
  // After a solution and a few changes: steps on the changed examples and, in turn, on those whose
  // distance a step may have moved by more than `reach`; nothing else is looked at. At most
  // max_passes steps for each changed example.
  LogisticResult correct(std::span<const size_t> changed, const LogisticOptions& options,
                         double reach = 0.02);

  size_t examples() const { return examples_.size(); }
  size_t classes() const { return classes_; }
  size_t sparse_columns() const { return sparse_columns_; }
  uint32_t label(size_t example) const { return examples_[example].label; }
  // Row f: the weights of feature f for all classes: the dense ones, the constant, then the sparse
  // columns. Columns beyond classes() are padding.
  const Matrix& weights() const { return weights_; }
  // The classes' scores of a stored example.
  std::vector<float> scores(size_t example) const;
  // The value minimised, for the present weights.
  double objective(double c) const;

 private:
  struct Example {
    size_t first, count;  // of columns_ and values_
    uint32_t label;
    float weight;
    float square;  // |x|^2
  };
  struct Buffers {
    FloatVector scores, linear, logs, fractions, change;
  };
  void prepare();
  void add_scores(size_t example, float* out) const;
  void apply(size_t example);
  double look(size_t example, float a, float* lambda);
  void solve_fractions(float a, float lambda);
  double step(size_t example, double c);
  double mean_distance(const std::vector<float>& distances) const;
  void propagate(size_t example, std::vector<float>& lookup, std::vector<float>& distances) const;

  size_t dense_width_;
  float constant_;
  size_t sparse_columns_ = 0, classes_ = 0;
  std::vector<Example> examples_;
  std::vector<uint32_t> columns_, dense_rows_;  // columns_: rows of weights_
  std::vector<float> values_, dense_;           // dense_: dense_width_ + 1 per example
  Matrix weights_;                              // features x stride
  FloatVector dual_;                            // examples x stride: e_label - p
  Buffers buffers_;
};

}  // namespace pawl

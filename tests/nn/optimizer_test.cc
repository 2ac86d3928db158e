#include "nn/optimizer.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "base/rng.h"
#include "nn/builders.h"

namespace pawl::nn {
namespace {

constexpr size_t kRows = 40;
constexpr size_t kTableWidth = 5;

// One parameter "W" of kRows rows, of which `filled` begin with values.
NodePtr table(bool sparse, size_t filled) {
  NodePtr node = make_node("table");
  Param& param = node->add_param("W");
  param.sparse_rows = sparse;
  param.define({kRows, kTableWidth});
  Rng rng(11);
  for (size_t i = 0; i < filled * kTableWidth; ++i)
    param.value[i] = static_cast<float>(rng.normal());
  return node;
}

// Gradients for a few rows; some rows come up twice.
void add_gradient(Param& param, Rng& rng) {
  param.ensure_gradient();
  for (int i = 0; i < 6; ++i) {
    const size_t row = i == 5 ? 3 : rng.below(kRows / 2) + 1;
    for (size_t j = 0; j < kTableWidth; ++j) {
      param.gradient[row * kTableWidth + j] += static_cast<float>(rng.normal());
    }
    if (param.sparse_rows) param.touched.push_back(static_cast<uint32_t>(row));
  }
}

bool same(const FloatVector& a, const FloatVector& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

struct Case {
  size_t filled;
  double clip;
  bool weight_decay;
};

class SparseAdamTest : public testing::TestWithParam<Case> {
 protected:
  AdamOptions options() const {
    AdamOptions out;
    out.learn_rate = 0.02;
    out.L2 = 0.03;
    out.grad_clip = GetParam().clip;
    out.L2_is_weight_decay = GetParam().weight_decay;
    return out;
  }
};

// Clipping sums squares in another order: equal but for the last bit of one factor.
void expect_same(const FloatVector& a, const FloatVector& b, double tolerance) {
  if (tolerance == 0.0) {
    EXPECT_TRUE(same(a, b));
    return;
  }
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance);
}

TEST_P(SparseAdamTest, EqualsTheDenseUpdate) {
  const double tolerance = GetParam().clip > 0.0 ? 1e-5 : 0.0;
  const NodePtr dense = table(false, GetParam().filled), sparse = table(true, GetParam().filled);
  Param &w_dense = dense->param("W"), &w_sparse = sparse->param("W");
  Adam adam_dense(options()), adam_sparse(options());
  Rng rng_dense(5), rng_sparse(5);
  for (int i = 0; i < 30; ++i) {
    add_gradient(w_dense, rng_dense);
    add_gradient(w_sparse, rng_sparse);
    adam_dense.step(*dense);
    adam_sparse.step(*sparse);
    if (i % 7 == 3) {
      w_sparse.settle();
      expect_same(w_dense.value, w_sparse.value, tolerance);
    }
  }
  adam_dense.swap_averages(*dense);
  adam_sparse.swap_averages(*sparse);
  expect_same(w_dense.value, w_sparse.value, tolerance);
  adam_dense.swap_averages(*dense);
  adam_sparse.swap_averages(*sparse);
  expect_same(w_dense.value, w_sparse.value, tolerance);
  if (GetParam().filled > 0) return;
  for (size_t i = (kRows / 2 + 1) * kTableWidth; i < w_sparse.size(); ++i) {
    EXPECT_EQ(w_sparse.value[i], 0.0f) << "never touched";
  }
}

TEST_P(SparseAdamTest, ASavedStateResumesBitForBit) {
  const NodePtr node = table(true, GetParam().filled);
  Adam adam(options());
  Rng rng(5);
  auto train = [&](Adam& optimizer, Node& target, int steps) {
    for (int i = 0; i < steps; ++i) {
      add_gradient(target.param("W"), rng);
      optimizer.step(target);
    }
  };
  train(adam, *node, 10);
  const std::string state = adam.save_state({node.get()});
  const NodePtr copy = clone(*node);
  const auto random_state = rng.state();
  train(adam, *node, 10);
  rng.set_state(random_state);
  Adam resumed(options());
  resumed.load_state({copy.get()}, state);
  train(resumed, *copy, 10);
  adam.swap_averages(*node);
  resumed.swap_averages(*copy);
  EXPECT_TRUE(same(node->param("W").value, copy->param("W").value));
}

INSTANTIATE_TEST_SUITE_P(, SparseAdamTest,
                         testing::Values(Case{0, 0.0, true}, Case{0, 1.0, true},
                                         Case{kRows, 0.0, true}, Case{8, 1.0, true},
                                         Case{8, 0.0, false}, Case{8, 1.0, false}));

TEST(OptimizerTest, AParameterWithoutGradientIsLeftAlone) {
  const NodePtr node = table(false, kRows);
  const FloatVector before = node->param("W").value;
  Adam adam;
  adam.step(*node);
  EXPECT_TRUE(same(node->param("W").value, before));
}

TEST(OptimizerTest, TheOptimizerMayGoBeforeItsParametersCatchUp) {
  const NodePtr node = table(true, 0), other = table(true, 0);
  Rng rng(5), again(5);
  auto run = [](Adam& adam, Node& target, Rng& random) {
    for (int i = 0; i < 5; ++i) {
      add_gradient(target.param("W"), random);
      adam.step(target);
    }
  };
  {
    Adam adam;
    run(adam, *node, rng);
  }
  Adam kept;
  run(kept, *other, again);
  kept.settle(*other);
  const std::string bytes = to_bytes(*node);
  EXPECT_EQ(bytes, to_bytes(*other));
}

TEST(OptimizerTest, AStateThatDoesNotFitIsRefused) {
  const NodePtr node = table(true, 3), dense = table(false, 3);
  Adam adam;
  Rng rng(1);
  add_gradient(node->param("W"), rng);
  adam.step(*node);
  const std::string state = adam.save_state({node.get()});
  EXPECT_THROW(Adam().load_state({dense.get()}, state), Error);
  EXPECT_THROW(Adam().load_state({node.get(), dense.get()}, state), Error);
  EXPECT_THROW(Adam().load_state({node.get()}, state.substr(0, state.size() - 1)), Error);
}

TEST(OptimizerTest, AParameterThatGrewBeginsAnew) {
  const NodePtr node = table(true, 3);
  Adam adam;
  Rng rng(1);
  add_gradient(node->param("W"), rng);
  adam.step(*node);
  Param& param = node->param("W");
  param.define({2 * kRows, kTableWidth});
  add_gradient(param, rng);
  adam.step(*node);
  param.settle();
  EXPECT_EQ(param.size(), 2 * kRows * kTableWidth);
}

}  // namespace
}  // namespace pawl::nn

#include "pipeline/tok2vec/word_convolution.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/rng.h"
#include "nn/builders.h"

namespace pawl {
namespace {

constexpr size_t kWidth = 10;

Matrix random_rows(size_t rows, size_t cols, Rng& rng) {
  Matrix out(rows, cols);
  for (size_t i = 0; i < out.size(); ++i) out.data()[i] = static_cast<float>(rng.normal());
  return out;
}

struct Case {
  size_t window, extent, block;
};

class WordConvolutionTest : public testing::TestWithParam<Case> {};

TEST_P(WordConvolutionTest, EqualsTheMaxoutOfWholeWindows) {
  const auto [window, extent, block] = GetParam();
  Rng rng(3);
  const auto node = nn::make_maxout_layer(7, static_cast<int64_t>((2 * window + 1) * kWidth), 3);
  nn::initialize(*node, rng);
  for (float& bias : node->param("b").value) bias = static_cast<float>(rng.normal());
  const nn::Dense maxout(*node);
  const std::vector<size_t> lengths = {5, 0, 1, 12};
  PaddedRows layout;
  lay_out(lengths, 2 * window, layout);
  const Matrix embeddings = random_rows(18, kWidth, rng);
  Matrix padded;
  spread(embeddings, layout, padded);
  std::vector<Segment> segments;
  find_segments(layout, extent, segments);
  Matrix inputs;
  copy_windows(padded, segments, window, inputs);
  Matrix expected(inputs.rows(), 7);
  maxout.forward(inputs, expected, nullptr);

  const WordConvolution convolution(maxout, window);
  std::vector<size_t> rows;
  token_rows(layout, rows);
  Matrix contributions(18, convolution.width()), candidates, actual;
  convolution.contribute(embeddings, contributions);
  convolution.begin(layout.rows, candidates);
  for (size_t i = 0; i < rows.size(); i += block) {
    const size_t n = std::min(block, rows.size() - i);
    convolution.add(contributions.view().slice_rows(i, n), std::span(rows).subspan(i, n),
                    candidates);
  }
  convolution.choose(candidates, segments, actual);
  ASSERT_EQ(actual.rows(), expected.rows());
  for (size_t i = 0; i < actual.size(); ++i) {
    EXPECT_NEAR(actual.data()[i], expected.data()[i], 1e-5) << "at " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(, WordConvolutionTest,
                         testing::Values(Case{1, 0, 100}, Case{1, 1, 100}, Case{1, 1, 1},
                                         Case{2, 0, 4}, Case{2, 2, 100}, Case{3, 3, 7}));

}  // namespace
}  // namespace pawl

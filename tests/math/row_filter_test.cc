#include "math/row_filter.h"

#include <limits>

#include "math/ops.h"
#include "math_fixture.h"

namespace pawl {
namespace {

class RowFilterTest : public EveryIsa {
 protected:
  // What the whole windows give, in double.
  std::vector<double> expected(const Matrix& x, const Matrix& weights, const FloatVector& bias,
                               size_t pieces, std::span<const RowRange> tiles) {
    std::vector<double> out;
    const size_t candidates = bias.size(), outputs = candidates / pieces;
    for (const RowRange& tile : tiles) {
      for (size_t i = tile.first; i < tile.first + tile.rows; ++i) {
        for (size_t o = 0; o < outputs; ++o) {
          double best = -std::numeric_limits<double>::infinity();
          for (size_t p = 0; p < pieces; ++p)
            best = std::max(best, candidate(x, weights, bias, i, p * outputs + o));
          out.push_back(best);
        }
      }
    }
    return out;
  }

  double candidate(const Matrix& x, const Matrix& weights, const FloatVector& bias, size_t row,
                   size_t c) {
    double sum = bias[c];
    for (size_t tap = 0; tap < RowFilter::kTaps; ++tap) {
      for (size_t k = 0; k < x.cols(); ++k) {
        sum += double{x(row - 1 + tap, k)} * double{weights(tap * bias.size() + c, k)};
      }
    }
    return sum;
  }
};

TEST_P(RowFilterTest, EqualsTheMaxoutOfWholeWindows) {
  for (const size_t pieces : {1, 2, 3}) {
    const size_t outputs = 19, width = 21;
    const Matrix x = random(400, width), weights = random(3 * outputs * pieces, width, 0.1);
    FloatVector bias(outputs * pieces);
    for (float& b : bias) b = static_cast<float>(rng_.normal());
    std::vector<RowRange> tiles;
    for (size_t first = 1, i = 0; first < 390; first += 4, ++i) tiles.push_back({first, 1 + i % 4});
    size_t rows = 0;
    for (const RowRange& tile : tiles) rows += tile.rows;
    const RowFilter filter(weights, bias, pieces);
    Matrix out(rows, outputs);
    filter.apply(x, tiles, out);
    expect_near(out, expected(x, weights, bias, pieces, tiles));
  }
}

// A document's vectors must not depend on the ones beside it in a batch.
TEST_P(RowFilterTest, RowsBeyondATilesNeighboursChangeNothing) {
  const Matrix weights = random(3 * 6, 8);
  const RowFilter filter(weights, FloatVector(6, 0.5f), 2);
  Matrix x = random(12, 8);
  const std::vector<RowRange> tiles = {{2, 4}, {6, 2}};
  Matrix before(6, 3), after(6, 3);
  filter.apply(x, tiles, before);
  std::fill_n(x.row(0), 8, std::numeric_limits<float>::quiet_NaN());
  std::fill_n(x.row(9), 3 * 8, std::numeric_limits<float>::quiet_NaN());
  filter.apply(x, tiles, after);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before.data()[i], after.data()[i]) << i;
}

PAWL_EVERY_ISA(RowFilterTest);

}  // namespace
}  // namespace pawl

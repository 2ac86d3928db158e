// A sparse matrix in compressed rows, and its product with a dense one. Made for what comes back
// through a maxout: one piece of several has a gradient, so that a dense product would mostly add
// zeros. Shapes are asserted. Output may not overlap input. Safe for concurrent use.
#pragma once

#include <cstdint>
#include <vector>

#include "math/kernels.h"
#include "math/matrix.h"

namespace pawl {

struct SparseRows {
  size_t cols = 0;
  std::vector<uint32_t> starts;      // [rows + 1]; row i is entries starts[i] ... starts[i + 1]
  std::vector<SparseEntry> entries;  // a column below `cols`, and its value

  size_t rows() const { return starts.empty() ? 0 : starts.size() - 1; }
};

// C[M,N] = A[M,K] * B[K,N]. `accumulate` adds to what C holds. Entries of a row are summed in two
// interleaved parts: the last bits differ from those of a dense product.
void gemm(const SparseRows& a, ConstMatrixView b, MatrixView c, bool accumulate = false);

// sums[i] += the sum of row i.
void add_row_sums(const SparseRows& a, float* sums);

// The gradient of maxout's candidates, interleaved as in math/ops.h: [rows, outputs * pieces], and
// transposed.
void backprop_maxout(ConstMatrixView d_best, const uint8_t* which, size_t pieces, SparseRows& d_z);
void backprop_maxout_transposed(ConstMatrixView d_best, const uint8_t* which, size_t pieces,
                                SparseRows& d_z);

}  // namespace pawl

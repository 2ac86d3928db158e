#include "math/sparse_rows.h"

#include <algorithm>

namespace pawl {

namespace {

// Columns [begin, begin + n) of all rows, each row padded to a panel's width.
void pack_panel(ConstMatrixView b, size_t begin, size_t n, FloatVector& out) {
  out.resize(b.rows * kSparsePanel);
  float* to = out.data();
  for (size_t k = 0; k < b.rows; ++k, to += kSparsePanel) {
    std::copy_n(b.row(k) + begin, n, to);
    std::fill(to + n, to + kSparsePanel, 0.0f);
  }
}

}  // namespace

void gemm(const SparseRows& a, ConstMatrixView b, MatrixView c, bool accumulate) {
  assert(a.cols == b.rows && c.rows == a.rows() && c.cols == b.cols);
  thread_local FloatVector panel;
  const Kernels& kernels = active_kernels();
  SparseGemmArgs args{};
  args.starts = a.starts.data();
  args.entries = a.entries.data();
  args.m = a.rows();
  args.ldc = c.stride;
  args.accumulate = accumulate;
  for (size_t begin = 0; begin < c.cols; begin += kSparsePanel) {
    args.n = std::min(kSparsePanel, c.cols - begin);
    pack_panel(b, begin, args.n, panel);
    args.panel = panel.data();
    args.c = c.data + begin;
    kernels.sparse_gemm(args);
  }
}

void add_row_sums(const SparseRows& a, float* sums) {
  for (size_t i = 0; i < a.rows(); ++i) {
    for (uint32_t e = a.starts[i]; e < a.starts[i + 1]; ++e) sums[i] += a.entries[e].value;
  }
}

void backprop_maxout(ConstMatrixView d_best, const uint8_t* which, size_t pieces, SparseRows& d_z) {
  const size_t outputs = d_best.cols;
  d_z.cols = outputs * pieces;
  d_z.starts.resize(d_best.rows + 1);
  d_z.entries.resize(d_best.rows * outputs);
  SparseEntry* entry = d_z.entries.data();
  d_z.starts[0] = 0;
  for (size_t i = 0; i < d_best.rows; ++i) {
    const float* d = d_best.row(i);
    for (size_t o = 0; o < outputs; ++o) {
      *entry++ = {static_cast<uint32_t>(o * pieces + *which++), d[o]};
    }
    d_z.starts[i + 1] = static_cast<uint32_t>((i + 1) * outputs);
  }
}

void backprop_maxout_transposed(ConstMatrixView d_best, const uint8_t* which, size_t pieces,
                                SparseRows& d_z) {
  const size_t outputs = d_best.cols;
  d_z.cols = d_best.rows;
  d_z.starts.assign(outputs * pieces + 1, 0);
  d_z.entries.resize(d_best.rows * outputs);
  for (size_t i = 0; i < d_best.rows; ++i) {
    for (size_t o = 0; o < outputs; ++o) ++d_z.starts[o * pieces + which[i * outputs + o] + 1];
  }
  for (size_t z = 1; z < d_z.starts.size(); ++z) d_z.starts[z] += d_z.starts[z - 1];
  thread_local std::vector<uint32_t> next;
  next.assign(d_z.starts.begin(), d_z.starts.end() - 1);
  for (size_t i = 0; i < d_best.rows; ++i) {
    const float* d = d_best.row(i);
    for (size_t o = 0; o < outputs; ++o) {
      d_z.entries[next[o * pieces + which[i * outputs + o]]++] = {static_cast<uint32_t>(i), d[o]};
    }
  }
}

}  // namespace pawl

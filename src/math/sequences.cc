// Windows and reductions over sequences that lie one after another, and table look-ups.
#include <algorithm>
#include <cassert>
#include <numeric>

#include "math/kernels.h"
#include "math/ops.h"

namespace pawl {

namespace {

[[maybe_unused]] size_t total(Lengths lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), size_t{0});
}

// body(sequence, first row, length)
template <typename Body>
void for_sequences(Lengths lengths, Body&& body) {
  size_t begin = 0;
  for (size_t s = 0; s < lengths.size(); ++s) {
    body(s, begin, size_t{lengths[s]});
    begin += lengths[s];
  }
}

void zero_row(MatrixView x, size_t row) {
  std::fill_n(x.row(row), x.cols, 0.0f);
}

// body(row, the first row of its window within the sequence, one past the last)
template <typename Body>
void for_windows(size_t rows, size_t window, Lengths lengths, Body&& body) {
  const uint32_t all[] = {static_cast<uint32_t>(rows)};
  for_sequences(lengths.empty() ? Lengths(all) : lengths, [&](size_t, size_t begin, size_t n) {
    for (size_t i = begin; i < begin + n; ++i) {
      body(i, i - begin < window ? begin : i - window, std::min(begin + n, i + window + 1));
    }
  });
}

uint64_t mix(uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ULL;
  return h ^ (h >> 33);
}

}  // namespace

void seq2col(ConstMatrixView x, size_t window, Lengths lengths, MatrixView y) {
  assert(x.rows == y.rows && y.cols == x.cols * (2 * window + 1));
  assert(lengths.empty() || total(lengths) == x.rows);
  for_windows(x.rows, window, lengths, [&](size_t i, size_t first, size_t end) {
    float* row = y.row(i);
    const size_t before = first + window - i;  // missing on the left
    std::fill_n(row, before * x.cols, 0.0f);
    float* to = row + before * x.cols;
    for (size_t j = first; j < end; ++j, to += x.cols) std::copy_n(x.row(j), x.cols, to);
    std::fill(to, row + y.cols, 0.0f);
  });
}

void backprop_seq2col(ConstMatrixView d_y, size_t window, Lengths lengths, MatrixView d_x) {
  assert(d_x.rows == d_y.rows && d_y.cols == d_x.cols * (2 * window + 1));
  assert(lengths.empty() || total(lengths) == d_x.rows);
  for (size_t i = 0; i < d_x.rows; ++i) zero_row(d_x, i);
  const Kernels& kernels = active_kernels();
  for_windows(d_x.rows, window, lengths, [&](size_t i, size_t first, size_t end) {
    const float* from = d_y.row(i) + (first + window - i) * d_x.cols;
    for (size_t j = first; j < end; ++j, from += d_x.cols) kernels.add(from, d_x.row(j), d_x.cols);
  });
}

void reduce_sum(ConstMatrixView x, Lengths lengths, MatrixView y) {
  assert(total(lengths) == x.rows && y.rows == lengths.size() && y.cols == x.cols);
  const Kernels& kernels = active_kernels();
  for_sequences(lengths, [&](size_t s, size_t begin, size_t n) {
    zero_row(y, s);
    for (size_t i = begin; i < begin + n; ++i) kernels.add(x.row(i), y.row(s), x.cols);
  });
}

void reduce_mean(ConstMatrixView x, Lengths lengths, MatrixView y) {
  assert(total(lengths) == x.rows && y.rows == lengths.size() && y.cols == x.cols);
  const Kernels& kernels = active_kernels();
  for_sequences(lengths, [&](size_t s, size_t begin, size_t n) {
    zero_row(y, s);
    const float share = n == 0 ? 0.0f : 1.0f / static_cast<float>(n);
    for (size_t i = begin; i < begin + n; ++i) kernels.axpy(share, x.row(i), y.row(s), x.cols);
  });
}

void reduce_max(ConstMatrixView x, Lengths lengths, MatrixView y, uint32_t* which) {
  assert(total(lengths) == x.rows && y.rows == lengths.size() && y.cols == x.cols);
  for_sequences(lengths, [&](size_t s, size_t begin, size_t n) {
    assert(n > 0);
    float* best = y.row(s);
    uint32_t* index = which == nullptr ? nullptr : which + s * x.cols;
    std::copy_n(x.row(begin), x.cols, best);
    if (index != nullptr) std::fill_n(index, x.cols, 0u);
    for (size_t i = 1; i < n; ++i) {
      const float* row = x.row(begin + i);
      for (size_t j = 0; j < x.cols; ++j) {
        if (row[j] <= best[j]) continue;
        best[j] = row[j];
        if (index != nullptr) index[j] = static_cast<uint32_t>(i);
      }
    }
  });
}

void reduce_first(ConstMatrixView x, Lengths lengths, MatrixView y) {
  assert(total(lengths) == x.rows && y.rows == lengths.size() && y.cols == x.cols);
  for_sequences(lengths, [&](size_t s, size_t begin, [[maybe_unused]] size_t n) {
    assert(n > 0);
    std::copy_n(x.row(begin), x.cols, y.row(s));
  });
}

void reduce_last(ConstMatrixView x, Lengths lengths, MatrixView y) {
  assert(total(lengths) == x.rows && y.rows == lengths.size() && y.cols == x.cols);
  for_sequences(lengths, [&](size_t s, size_t begin, size_t n) {
    assert(n > 0);
    std::copy_n(x.row(begin + n - 1), x.cols, y.row(s));
  });
}

void backprop_reduce_sum(ConstMatrixView d_y, Lengths lengths, MatrixView d_x) {
  assert(total(lengths) == d_x.rows && d_y.rows == lengths.size() && d_y.cols == d_x.cols);
  for_sequences(lengths, [&](size_t s, size_t begin, size_t n) {
    for (size_t i = begin; i < begin + n; ++i) std::copy_n(d_y.row(s), d_y.cols, d_x.row(i));
  });
}

void backprop_reduce_mean(ConstMatrixView d_y, Lengths lengths, MatrixView d_x) {
  assert(total(lengths) == d_x.rows && d_y.rows == lengths.size() && d_y.cols == d_x.cols);
  for_sequences(lengths, [&](size_t s, size_t begin, size_t n) {
    const float share = n == 0 ? 0.0f : 1.0f / static_cast<float>(n);
    for (size_t i = begin; i < begin + n; ++i) {
      for (size_t j = 0; j < d_y.cols; ++j) d_x.row(i)[j] = d_y.row(s)[j] * share;
    }
  });
}

void backprop_reduce_max(ConstMatrixView d_y, Lengths lengths, const uint32_t* which,
                         MatrixView d_x) {
  assert(total(lengths) == d_x.rows && d_y.rows == lengths.size() && d_y.cols == d_x.cols);
  for_sequences(lengths, [&](size_t s, size_t begin, size_t n) {
    for (size_t i = begin; i < begin + n; ++i) zero_row(d_x, i);
    for (size_t j = 0; j < d_y.cols; ++j) {
      d_x.row(begin + which[s * d_y.cols + j])[j] = d_y.row(s)[j];
    }
  });
}

void backprop_reduce_first(ConstMatrixView d_y, Lengths lengths, MatrixView d_x) {
  assert(total(lengths) == d_x.rows && d_y.rows == lengths.size() && d_y.cols == d_x.cols);
  for_sequences(lengths, [&](size_t s, size_t begin, size_t n) {
    for (size_t i = begin; i < begin + n; ++i) zero_row(d_x, i);
    if (n > 0) std::copy_n(d_y.row(s), d_y.cols, d_x.row(begin));
  });
}

void backprop_reduce_last(ConstMatrixView d_y, Lengths lengths, MatrixView d_x) {
  assert(total(lengths) == d_x.rows && d_y.rows == lengths.size() && d_y.cols == d_x.cols);
  for_sequences(lengths, [&](size_t s, size_t begin, size_t n) {
    for (size_t i = begin; i < begin + n; ++i) zero_row(d_x, i);
    if (n > 0) std::copy_n(d_y.row(s), d_y.cols, d_x.row(begin + n - 1));
  });
}

// MurmurHash3 x64 of one 8-byte key with both halves of the state seeded alike: thinc's variant for
// HashEmbed.
void hash_rows(std::span<const uint64_t> ids, uint32_t seed, uint32_t table_rows, uint32_t* out) {
  assert(table_rows > 0);
  for (const uint64_t id : ids) {
    uint64_t h1 = id * 0x87c37b91114253d5ULL;
    h1 = (h1 << 31) | (h1 >> 33);
    h1 *= 0x4cf5ad432745937fULL;
    h1 ^= seed ^ 8u;
    uint64_t h2 = seed ^ 8u;
    h1 += h2;
    h2 += h1;
    h1 = mix(h1);
    h2 = mix(h2);
    h1 += h2;
    h2 += h1;
    *out++ = static_cast<uint32_t>(h1) % table_rows;
    *out++ = static_cast<uint32_t>(h1 >> 32) % table_rows;
    *out++ = static_cast<uint32_t>(h2) % table_rows;
    *out++ = static_cast<uint32_t>(h2 >> 32) % table_rows;
  }
}

void gather_add(ConstMatrixView table, std::span<const uint32_t> rows, size_t per_row,
                MatrixView y) {
  assert(table.contiguous() && per_row > 0 && rows.size() == y.rows * per_row);
  assert(table.cols == y.cols);
  const Kernels& kernels = active_kernels();
  for (size_t i = 0; i < y.rows; ++i) {
    kernels.gather_add(table.data, table.cols, rows.data() + i * per_row, per_row, y.row(i));
  }
}

void scatter_add(ConstMatrixView d_y, std::span<const uint32_t> rows, size_t per_row,
                 MatrixView table) {
  assert(rows.size() == d_y.rows * per_row && table.cols == d_y.cols);
  const Kernels& kernels = active_kernels();
  for (size_t i = 0; i < d_y.rows; ++i) {
    for (size_t k = 0; k < per_row; ++k) {
      kernels.add(d_y.row(i), table.row(rows[i * per_row + k]), d_y.cols);
    }
  }
}

}  // namespace pawl

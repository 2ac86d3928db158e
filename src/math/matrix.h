// Dense row-major float matrices: owning and borrowed.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "base/huge_pages.h"

namespace pawl {

// 64-byte aligned allocation for whatever the kernels read, on huge pages within a HugePageScope.
template <typename T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <typename U>
  AlignedAllocator(const AlignedAllocator<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(allocate_block(n * sizeof(T))); }
  void deallocate(T* p, size_t n) { free_block(p, n * sizeof(T)); }
  bool operator==(const AlignedAllocator&) const { return true; }
};

using FloatVector = std::vector<float, AlignedAllocator<float>>;

// A borrowed row-major matrix; row i begins at data + i * stride.
template <typename T>
struct BasicMatrixView {
  T* data = nullptr;
  size_t rows = 0;
  size_t cols = 0;
  size_t stride = 0;

  BasicMatrixView() = default;
  BasicMatrixView(T* d, size_t r, size_t c) : data(d), rows(r), cols(c), stride(c) {}
  BasicMatrixView(T* d, size_t r, size_t c, size_t s) : data(d), rows(r), cols(c), stride(s) {}
  template <typename U>
    requires(std::is_same_v<T, const U>)
  BasicMatrixView(const BasicMatrixView<U>& o)
      : data(o.data), rows(o.rows), cols(o.cols), stride(o.stride) {}

  T* row(size_t i) const {
    assert(i < rows);
    return data + i * stride;
  }
  bool contiguous() const { return stride == cols; }
  BasicMatrixView slice_rows(size_t first, size_t n) const {
    return {data + first * stride, n, cols, stride};
  }
};
using MatrixView = BasicMatrixView<float>;
using ConstMatrixView = BasicMatrixView<const float>;

class Matrix {
 public:
  Matrix() = default;
  Matrix(size_t rows, size_t cols, float fill = 0.0f)
      : rows_(rows), cols_(cols), data_(rows * cols, fill) {}

  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  size_t size() const { return rows_ * cols_; }
  float* data() { return data_.data(); }
  const float* data() const { return data_.data(); }
  float* row(size_t i) { return data_.data() + i * cols_; }
  const float* row(size_t i) const { return data_.data() + i * cols_; }
  float& operator()(size_t i, size_t j) { return data_[i * cols_ + j]; }
  float operator()(size_t i, size_t j) const { return data_[i * cols_ + j]; }
  MatrixView view() { return {data(), rows_, cols_}; }
  ConstMatrixView view() const { return {data(), rows_, cols_}; }
  operator MatrixView() { return view(); }
  operator ConstMatrixView() const { return view(); }

  // Contents become zero; memory is kept when it suffices.
  void reset(size_t rows, size_t cols) {
    resize(rows, cols);
    std::fill_n(data_.data(), size(), 0.0f);
  }
  // Contents become unspecified; memory is kept when it suffices, and not touched then.
  void resize(size_t rows, size_t cols) {
    rows_ = rows;
    cols_ = cols;
    if (size() > data_.size()) data_.resize(size());
  }
  // As many rows as said, of which those there are keep their contents; the width must not change
  // unless there are none.
  void grow(size_t rows, size_t cols) {
    assert(rows_ == 0 || cols == cols_);
    resize(rows, cols);
  }

 private:
  size_t rows_ = 0;
  size_t cols_ = 0;
  FloatVector data_;  // at least rows * cols
};

}  // namespace pawl

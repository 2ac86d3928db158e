// The table of kernels that training of the logistic regression needs beyond math/kernels.h; the
// same rules for the files that fill it in. Rows are `stride` floats apart; `stride` is a multiple
// of kLogisticPad and whole rows are worked on, padding included.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pawl {

inline constexpr size_t kLogisticPad = 16;

struct LogisticKernels {
  // y += sum over j < count of values[j] * row rows[j] of the table
  void (*gather)(const float* table, size_t stride, const uint32_t* rows, const float* values,
                 size_t count, float* y);
  // row rows[j] of the table += values[j] * y, for j < count; no row may occur twice
  void (*scatter)(float* table, size_t stride, const uint32_t* rows, const float* values,
                  size_t count, const float* y);
  // y[j] = e^(x[j] - shift) with x[j] <= shift; the sum of y. n: a multiple of kLogisticPad.
  float (*exponentials)(const float* x, float shift, size_t n, float* y);
};

const LogisticKernels& baseline_logistic_kernels();
const LogisticKernels& avx2_logistic_kernels();
const LogisticKernels& avx512_logistic_kernels();

// Those of active_isa().
const LogisticKernels& active_logistic_kernels();

}  // namespace pawl

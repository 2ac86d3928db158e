#include <immintrin.h>

#include "math/logistic_kernels.h"

namespace pawl {
namespace {

// clang-format off
#include "math/vec_sse2.inc"
#include "math/vec_common.inc"
#include "math/int_vec_sse2.inc"
#include "math/vec_exp.inc"
#include "math/logistic_kernels.inc"
// clang-format on

}  // namespace

const LogisticKernels& baseline_logistic_kernels() {
  return kKernels;
}

}  // namespace pawl

#include <immintrin.h>

#include "math/logistic_kernels.h"

namespace pawl {
namespace {

// clang-format off
#include "math/vec_avx2.inc"
#include "math/vec_common.inc"
#include "math/int_vec_avx2.inc"
#include "math/vec_exp.inc"
#include "math/logistic_kernels.inc"
// clang-format on

}  // namespace

const LogisticKernels& avx2_logistic_kernels() {
  return kKernels;
}

}  // namespace pawl

#include <immintrin.h>

#include "math/adam_step.h"
#include "math/kernels.h"

namespace pawl {
namespace {

// clang-format off
#include "math/vec_sse2.inc"
#include "math/vec_common.inc"
#include "math/row_filter_kernels.inc"
#include "math/kernels.inc"
// clang-format on

}  // namespace

const Kernels& baseline_kernels() {
  return kKernels;
}

}  // namespace pawl

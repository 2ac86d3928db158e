#include <immintrin.h>

#include "math/transformer_kernels.h"

namespace pawl {
namespace {

// clang-format off
#include "math/vec_sse2.inc"
#include "math/vec_common.inc"
#include "math/int_vec_sse2.inc"
// clang-format on

#include "math/transformer_kernels.inc"

}  // namespace

const TransformerKernels& baseline_transformer_kernels() {
  return kKernels;
}

}  // namespace pawl

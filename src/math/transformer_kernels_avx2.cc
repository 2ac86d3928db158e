#include <immintrin.h>

#include "math/transformer_kernels.h"

namespace pawl {
namespace {

// clang-format off
#include "math/vec_avx2.inc"
#include "math/vec_common.inc"
#include "math/int_vec_avx2.inc"
// clang-format on

#include "math/transformer_kernels.inc"

}  // namespace

const TransformerKernels& avx2_transformer_kernels() {
  return kKernels;
}

}  // namespace pawl

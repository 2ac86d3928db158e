#include <immintrin.h>

#include "math/transformer_kernels.h"

namespace pawl {
namespace {

// clang-format off
#include "math/vec_avx512.inc"
#include "math/vec_common.inc"
#include "math/int_vec_avx512.inc"
// clang-format on

// Each lane plus the products of its four unsigned and signed bytes.
inline IVec dot4(IVec sum, IVec a, IVec b) {
  return _mm512_dpbusd_epi32(sum, a, b);
}

#include "math/transformer_kernels.inc"

}  // namespace

const TransformerKernels& vnni_transformer_kernels() {
  return kKernels;
}

}  // namespace pawl

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
  const IVec pairs = _mm512_maddubs_epi16(a, b);
  return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}

#include "math/transformer_kernels.inc"

}  // namespace

const TransformerKernels& avx512_transformer_kernels() {
  return kKernels;
}

}  // namespace pawl

#include <immintrin.h>

#include "math/transformer_kernels.h"

namespace pawl {
namespace {

// clang-format off
#include "math/vec_avx512.inc"
#include "math/vec_common.inc"
#include "math/int_vec_avx512.inc"
// clang-format on

// Each lane plus the products of its four unsigned and signed bytes. As assembly, because g++ 12
// copies the sum before and after the intrinsic.
inline IVec dot4(IVec sum, IVec a, IVec b) {
  asm("vpdpbusd %[b], %[a], %[sum]" : [sum] "+v"(sum) : [a] "v"(a), [b] "v"(b));
  return sum;
}

#include "math/transformer_kernels.inc"

}  // namespace

const TransformerKernels& vnni_transformer_kernels() {
  return kKernels;
}

}  // namespace pawl

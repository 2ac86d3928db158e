#include "math/transformer_kernels.h"

#include "math/isa.h"

namespace pawl {

const TransformerKernels& active_transformer_kernels() {
  static const bool has_vnni = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512vnni") != 0;
  }();
  switch (active_isa()) {
    case Isa::kAvx512:
      return has_vnni ? vnni_transformer_kernels() : avx512_transformer_kernels();
    case Isa::kAvx2:
      return avx2_transformer_kernels();
    case Isa::kBaseline:
      break;
  }
  return baseline_transformer_kernels();
}

}  // namespace pawl

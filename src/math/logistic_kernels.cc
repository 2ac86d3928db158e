#include "math/logistic_kernels.h"

#include "math/isa.h"

namespace pawl {

const LogisticKernels& active_logistic_kernels() {
  switch (active_isa()) {
    case Isa::kAvx512:
      return avx512_logistic_kernels();
    case Isa::kAvx2:
      return avx2_logistic_kernels();
    case Isa::kBaseline:
      break;
  }
  return baseline_logistic_kernels();
}

}  // namespace pawl

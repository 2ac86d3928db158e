#include "math/isa.h"

#include <atomic>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "math/kernels.h"

namespace pawl {

namespace {

std::vector<Isa> probe() {
  std::vector<Isa> found;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    found.push_back(Isa::kAvx512);
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(Isa::kAvx2);
  found.push_back(Isa::kBaseline);
  return found;
}

const Kernels& kernels_of(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return avx512_kernels();
    case Isa::kAvx2:
      return avx2_kernels();
    case Isa::kBaseline:
      break;
  }
  return baseline_kernels();
}

struct Active {
  std::atomic<Isa> isa;
  std::atomic<const Kernels*> kernels;

  explicit Active(Isa chosen) : isa(chosen), kernels(&kernels_of(chosen)) {}
  void set(Isa chosen) {
    isa = chosen;
    kernels = &kernels_of(chosen);
  }
};

Active& active() {
  static Active instance([] {
    const char* wanted = std::getenv("PAWL_ISA");
    return choose_isa(wanted == nullptr ? "" : wanted);
  }());
  return instance;
}

}  // namespace

std::string_view isa_name(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kBaseline:
      break;
  }
  return "baseline";
}

const std::vector<Isa>& supported_isas() {
  static const std::vector<Isa> found = probe();
  return found;
}

Isa choose_isa(std::string_view wanted) {
  if (wanted.empty()) return supported_isas().front();
  std::string names;
  for (const Isa isa : supported_isas()) {
    if (wanted == isa_name(isa)) return isa;
    names += names.empty() ? "" : ", ";
    names += isa_name(isa);
  }
  throw Error(ErrorKind::kUnsupported, "PAWL_ISA names the instruction set '" +
                                           std::string(wanted) +
                                           "', which this machine does not have; choose one of " +
                                           names + " or leave it unset");
}

Isa active_isa() {
  return active().isa;
}

const Kernels& active_kernels() {
  return *active().kernels.load(std::memory_order_relaxed);
}

ScopedIsa::ScopedIsa(Isa isa) : previous_(active().isa) {
  active().set(isa);
}
ScopedIsa::~ScopedIsa() {
  active().set(previous_);
}

}  // namespace pawl

// The instruction sets the kernels are compiled for, and which one answers.
#pragma once

#include <string_view>
#include <vector>

namespace pawl {

enum class Isa { kBaseline, kAvx2, kAvx512 };

// "baseline" (SSE2), "avx2" (with FMA), "avx512" (F, BW, DQ, VL).
std::string_view isa_name(Isa isa);

// What this processor and operating system can run, best first; never empty.
const std::vector<Isa>& supported_isas();

// Chosen once, at first use: the best supported one, or the one the environment variable PAWL_ISA
// names. Throws Error(kUnsupported) when that names something unknown or something this machine
// lacks.
Isa active_isa();

// The choice for a given value of PAWL_ISA (empty: the best), with active_isa's errors.
Isa choose_isa(std::string_view wanted);

// Makes another instruction set active while it lives. For tests and benchmarks: not for use beside
// running threads.
class ScopedIsa {
 public:
  explicit ScopedIsa(Isa isa);
  ~ScopedIsa();
  ScopedIsa(const ScopedIsa&) = delete;
  ScopedIsa& operator=(const ScopedIsa&) = delete;

 private:
  Isa previous_;
};

}  // namespace pawl

// Products and the sparse optimizer step, by size and instruction set: GFLOP/s of one thread, user
// time.
#include <sys/resource.h>

#include <cstdio>

#include "base/rng.h"
#include "math/gemm.h"
#include "math/isa.h"
#include "nn/builders.h"
#include "nn/layers.h"
#include "nn/optimizer.h"

namespace {

using namespace pawl;

double user_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

// Seconds per call: the best of several rounds of at least `round` seconds.
template <typename Call>
double seconds_per_call(Call&& call, double round = 0.05) {
  size_t calls = 1;
  double best = 1e9;
  for (int i = 0; i < 6;) {
    const double begin = user_seconds();
    for (size_t c = 0; c < calls; ++c) call();
    const double taken = user_seconds() - begin;
    if (taken < round) {
      calls *= 2;
      continue;
    }
    best = std::min(best, taken / static_cast<double>(calls));
    ++i;
  }
  return best;
}

Matrix random_matrix(Rng& rng, size_t rows, size_t cols) {
  Matrix out(rows, cols);
  for (size_t i = 0; i < out.size(); ++i) out.data()[i] = static_cast<float>(rng.normal());
  return out;
}

void bench_products() {
  struct Shape {
    size_t m, k, n;
  };
  const Shape shapes[] = {{1, 96, 288},   {8, 96, 288},   {32, 96, 288},   {128, 96, 288},
                          {512, 96, 288}, {1, 64, 106},   {32, 64, 106},   {128, 384, 288},
                          {1, 288, 288},  {16, 288, 288}, {2000, 288, 288}};
  std::printf("%-14s %-9s %9s %9s %9s %9s\n", "MxKxN", "set", "packed", "nt", "nn", "tn");
  Rng rng(1);
  for (const Shape& s : shapes) {
    const Matrix x = random_matrix(rng, s.m, s.k), w = random_matrix(rng, s.n, s.k);
    const Matrix d = random_matrix(rng, s.m, s.n);
    Matrix y(s.m, s.n), d_x(s.m, s.k), d_w(s.n, s.k);
    const double flops = 2e-9 * static_cast<double>(s.m * s.n * s.k);
    for (const Isa isa : supported_isas()) {
      const ScopedIsa scope(isa);
      const PackedMatrix packed(w);
      const double times[] = {seconds_per_call([&] { gemm(x, packed, nullptr, y); }),
                              seconds_per_call([&] { gemm_nt(x, w, nullptr, y); }),
                              seconds_per_call([&] { gemm_nn(d, w, d_x); }),
                              seconds_per_call([&] { gemm_tn(d, x, d_w, true); })};
      const std::string name =
          std::to_string(s.m) + "x" + std::to_string(s.k) + "x" + std::to_string(s.n);
      std::printf("%-14s %-9s", name.c_str(), std::string(isa_name(isa)).c_str());
      for (const double time : times) std::printf(" %9.1f", flops / time);
      std::printf("\n");
    }
  }
}

// Bags of words of a growing vocabulary: forward, backward and update of SparseLinear.
void bench_sparse_training() {
  std::printf("%-9s %-7s %16s\n", "set", "labels", "examples/second");
  for (const Isa isa : supported_isas()) {
    const ScopedIsa scope(isa);
    for (const int64_t labels : {7, 64}) {
      const auto node = nn::make_sparse_linear_v2(labels);
      Rng rng(1);
      nn::initialize(*node, rng);
      const nn::SparseLinear layer(*node);
      nn::AdamOptions options;
      nn::Adam adam(options);
      constexpr size_t kBatch = 64, kKeys = 20, kSteps = 190;
      const std::vector<uint32_t> lengths(kBatch, kKeys);
      const std::vector<float> values(kBatch * kKeys, 1.0f);
      std::vector<uint64_t> keys(kBatch * kKeys);
      Matrix scores(kBatch, static_cast<size_t>(labels));
      const Matrix d = random_matrix(rng, kBatch, static_cast<size_t>(labels));
      nn::SparseLinear::Saved saved;
      const double begin = user_seconds();
      for (size_t step = 0; step < kSteps; ++step) {
        for (uint64_t& key : keys) {
          const double rank = rng.uniform();
          key = static_cast<uint64_t>(60000 * rank * rank * rank);
        }
        layer.forward({keys, values, lengths}, scores, &saved);
        layer.backward({keys, values, lengths}, saved, d);
        adam.step(*node);
      }
      adam.settle(*node);
      const double taken = user_seconds() - begin;
      std::printf("%-9s %-7d %16.0f\n", std::string(isa_name(isa)).c_str(),
                  static_cast<int>(labels), kBatch * kSteps / taken);
    }
  }
}

}  // namespace

int main() {
  bench_products();
  bench_sparse_training();
  return 0;
}

#include "learn/review/worth.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "math/gemm.h"

namespace pawl::learn {
namespace {

// How fast a label says less of other texts, by their cosine.
constexpr float kSharpness = 8;

// How much the label of one text says of another's, in place of their cosines.
Matrix kernel_of(const Matrix& vectors) {
  Matrix kernel(vectors.rows(), vectors.rows());
  gemm_nt(vectors, vectors, nullptr, kernel);
  float* at = kernel.data();
  for (size_t i = 0; i < kernel.size(); ++i)
    at[i] = std::exp(kSharpness * (std::min(1.0f, at[i]) - 1.0f));
  return kernel;
}

}  // namespace

double uncertainty_of(std::span<const double> probabilities) {
  double first = 0, second = 0;
  for (const double p : probabilities) {
    if (p > first)
      second = std::exchange(first, p);
    else if (p > second)
      second = p;
  }
  return 1 - (first - second);
}

std::vector<Worth> most_worth(std::span<const Doubt> doubts, const Matrix& vectors, size_t count) {
  const size_t rows = doubts.size();
  if (rows == 0) return {};
  const Matrix kernel = kernel_of(vectors);
  std::vector<double> mass(rows);
  for (size_t i = 0; i < rows; ++i)
    mass[i] =
        doubts[i].uncertainty * (1 + doubts[i].contradicted) * static_cast<double>(doubts[i].times);
  std::vector<float> covered(rows, 0);
  const auto gain = [&](size_t j) {
    double sum = 0;
    for (size_t i = 0; i < rows; ++i) {
      const float more = kernel(j, i) - covered[i];
      if (more > 0) sum += mass[i] * more;
    }
    return sum;
  };
  const auto weight = [&](size_t j) {
    return doubts[j].uncertainty * (1 + doubts[j].contradicted) / 2;
  };
  // What a row adds only falls: a bound that is still the highest after a new look is the maximum.
  std::vector<std::pair<double, size_t>> heap;  // bound of the value, row
  const auto below = [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second > b.second;
  };
  for (size_t j = 0; j < rows; ++j) heap.emplace_back(gain(j) * weight(j), j);
  std::make_heap(heap.begin(), heap.end(), below);
  std::vector<Worth> chosen;
  while (!heap.empty() && chosen.size() < count) {
    std::pop_heap(heap.begin(), heap.end(), below);
    const size_t j = heap.back().second;
    const double now = gain(j), value = now * weight(j);
    heap.pop_back();
    if (value <= 0) continue;
    if (!heap.empty() && value < heap.front().first) {
      heap.emplace_back(value, j);
      std::push_heap(heap.begin(), heap.end(), below);
      continue;
    }
    chosen.push_back({j, value, now});
    for (size_t i = 0; i < rows; ++i) covered[i] = std::max(covered[i], kernel(j, i));
  }
  return chosen;
}

}  // namespace pawl::learn

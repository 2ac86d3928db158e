#include "learn/evidence/neighbours.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "math/gemm.h"
#include "pipeline/hybrid/text_features.h"

namespace pawl::learn {
namespace {

constexpr uint32_t kHashBits = 20;
constexpr size_t kNgramWidth = 512;
constexpr size_t kBlock = 64;  // rows compared at a time
constexpr double kSharpnesses[] = {6, 10, 15, 22, 32};
constexpr double kUsualSharpness = 15;
constexpr size_t kFitRows = 500, kFitNeighbours = 50, kFewRows = 30;

// Bits that decide a feature's place and sign.
uint32_t mixed(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ (x >> 16);
}

void add_features(const std::vector<BucketCount>& counts,
                  const std::unordered_map<uint32_t, float>& rarity, uint32_t salt, float* row) {
  for (const BucketCount& c : counts) {
    const uint32_t bits = mixed(c.bucket ^ salt);
    const float value = (1 + std::log(c.count)) * rarity.at(c.bucket ^ salt);
    row[bits % kNgramWidth] += (bits >> 31) != 0 ? value : -value;
  }
}

}  // namespace

void normalize_rows(Matrix& vectors) {
  for (size_t i = 0; i < vectors.rows(); ++i) {
    float* row = vectors.row(i);
    double square = 0;
    for (size_t j = 0; j < vectors.cols(); ++j) square += static_cast<double>(row[j]) * row[j];
    if (square <= 0) continue;
    const auto scale = static_cast<float>(1 / std::sqrt(square));
    for (size_t j = 0; j < vectors.cols(); ++j) row[j] *= scale;
  }
}

Matrix ngram_vectors(std::span<const std::string_view> texts) {
  constexpr uint32_t kWords = 0, kCharacters = 1u << 31;
  std::vector<TextNgrams> grams;
  std::unordered_map<uint32_t, float> documents;
  for (const std::string_view text : texts) {
    grams.push_back(count_ngrams(text, kHashBits));
    for (const BucketCount& c : grams.back().words) documents[c.bucket ^ kWords] += 1;
    for (const BucketCount& c : grams.back().characters) documents[c.bucket ^ kCharacters] += 1;
  }
  const auto count = static_cast<float>(texts.size());
  for (auto& [bucket, df] : documents) df = std::log((1 + count) / (1 + df)) + 1;
  Matrix vectors(texts.size(), kNgramWidth);
  for (size_t i = 0; i < texts.size(); ++i) {
    add_features(grams[i].words, documents, kWords, vectors.row(i));
    add_features(grams[i].characters, documents, kCharacters, vectors.row(i));
  }
  normalize_rows(vectors);
  return vectors;
}

std::vector<std::vector<Neighbour>> nearest(const Matrix& vectors, size_t first, size_t count,
                                            double sharpness) {
  std::vector<std::vector<Neighbour>> all;
  const size_t rows = vectors.rows();
  Matrix similarity;
  std::vector<size_t> order;
  for (size_t from = first; from < rows; from += kBlock) {
    const size_t height = std::min(kBlock, rows - from);
    similarity.resize(height, rows);
    gemm_nt(vectors.view().slice_rows(from, height), vectors, nullptr, similarity);
    for (size_t i = 0; i < height; ++i) {
      const float* s = similarity.row(i);
      order.clear();
      for (size_t j = 0; j < rows; ++j) {
        if (j != from + i) order.push_back(j);
      }
      const size_t kept = std::min(count, order.size());
      std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept),
                        order.end(),
                        [&](size_t a, size_t b) { return s[a] != s[b] ? s[a] > s[b] : a < b; });
      std::vector<Neighbour>& found = all.emplace_back();
      for (size_t k = 0; k < kept; ++k)
        found.push_back({order[k], std::exp(sharpness * (std::min(1.0f, s[order[k]]) - 1.0))});
    }
  }
  return all;
}

double fit_sharpness(const Matrix& vectors, std::span<const std::string> labels) {
  if (labels.size() < kFewRows) return kUsualSharpness;
  const size_t first = labels.size() > kFitRows ? labels.size() - kFitRows : 0;
  Matrix known(labels.size(), vectors.cols());
  std::copy(vectors.data(), vectors.data() + known.size(), known.data());
  const auto near = nearest(known, first, kFitNeighbours, 1);
  const auto classes = static_cast<double>(std::set(labels.begin(), labels.end()).size());
  double best = kUsualSharpness, highest = -1e300;
  for (const double sharpness : kSharpnesses) {
    double likelihood = 0;
    for (size_t i = 0; i < near.size(); ++i) {
      double same = 0, all = 0;
      for (const Neighbour& n : near[i]) {
        const double weight = std::pow(n.weight, sharpness);
        all += weight;
        if (labels[n.row] == labels[first + i]) same += weight;
      }
      constexpr double kFloor = 0.05;
      likelihood += std::log((same + kFloor / classes) / (all + kFloor));
    }
    if (likelihood > highest) highest = likelihood, best = sharpness;
  }
  return best;
}

}  // namespace pawl::learn

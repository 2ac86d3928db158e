#include "pipeline/hybrid/head.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "math/calibration.h"
#include "math/logistic_kernels.h"

namespace pawl {

namespace {

// Rows `first_row` + column of the features' columns, and their values times `scale`.
void add_sparse(const Matrix& weights, size_t first_row, const SparseFeatures& features,
                float scale, FloatVector& scores) {
  thread_local std::vector<uint32_t> rows;
  thread_local std::vector<float> values;
  rows.clear();
  values.clear();
  for (uint32_t column : features.columns) {
    rows.push_back(static_cast<uint32_t>(first_row + column));
  }
  for (float value : features.values) values.push_back(scale * value);
  active_logistic_kernels().gather(weights.data(), weights.cols(), rows.data(), values.data(),
                                   rows.size(), scores.data());
}

void add_dense(const Matrix& weights, std::span<const float> values, FloatVector& scores) {
  thread_local std::vector<uint32_t> rows;
  rows.resize(values.size());
  std::iota(rows.begin(), rows.end(), 0u);
  active_logistic_kernels().gather(weights.data(), weights.cols(), rows.data(), values.data(),
                                   values.size(), scores.data());
}

// Empty for an empty matrix.
std::span<const float> row_of(const Matrix& rows, size_t i) {
  return rows.size() == 0 ? std::span<const float>() : std::span(rows.row(i), rows.cols());
}

HybridAnswer judge(std::vector<float> scores, const HybridTier& tier, uint8_t number) {
  HybridAnswer answer;
  answer.tier = number;
  answer.probabilities.resize(scores.size());
  answer.best = calibrated_softmax(scores, tier.temperature, answer.probabilities);
  answer.surplus = static_cast<double>(scores[answer.best]) - tier.floor;
  return answer;
}

}  // namespace

double HybridAnswer::none_probability(double steepness) const {
  const double odds = static_cast<double>(probabilities[best]) * std::exp(-steepness * surplus);
  return std::isinf(odds) ? 1.0 : odds / (1.0 + odds);
}

void VectorTransform::apply(std::span<const float> vector, std::span<float> out) const {
  for (size_t block = 0; block < scales.size(); ++block) {
    const size_t first = block * block_width;
    double square = 0.0;
    for (size_t i = first; i < first + block_width; ++i) {
      out[i] = vector[i] - means[i];
      square += static_cast<double>(out[i]) * static_cast<double>(out[i]);
    }
    const double length = std::sqrt(square);
    const auto factor =
        static_cast<float>(length > 0.0 ? static_cast<double>(scales[block]) / length : 0.0);
    for (size_t i = first; i < first + block_width; ++i) out[i] *= factor;
  }
}

bool HybridHead::uses(const SentenceVectors* vectors) const {
  if (vectors == nullptr || second.weights.size() == 0) return false;
  const size_t words = first.transform.width();
  return (words == 0 || words == vectors->words_width()) &&
         vectors->width() == second.transform.width() && vectors->fingerprint() == fingerprint;
}

double HybridHead::trust(float confidence, size_t bytes) const {
  const auto p = static_cast<double>(confidence);
  if (typical_length <= 0.0) return p;
  const double factor = std::clamp(static_cast<double>(bytes) / typical_length, 0.5, 2.0);
  return factor * p / (factor * p + (1.0 - p));
}

std::vector<float> HybridTier::scores(const SparseFeatures& features, std::span<const float> vector,
                                      float constant, size_t classes) const {
  FloatVector scores(weights.cols(), 0.0f);
  std::vector<float> dense(transform.width() + 1, 0.0f);
  dense.back() = constant;
  if (!vector.empty()) transform.apply(vector, std::span(dense).first(transform.width()));
  add_dense(weights, dense, scores);
  add_sparse(weights, dense.size(), features, ngram_scale, scores);
  return {scores.begin(), scores.begin() + static_cast<ptrdiff_t>(classes)};
}

std::vector<HybridAnswer> HybridHead::answer(std::span<const std::string_view> texts,
                                             const SentenceVectors* vectors) const {
  std::vector<HybridAnswer> answers;
  std::vector<size_t> open;
  std::vector<std::string_view> open_texts;
  std::vector<SparseFeatures> open_features;
  const bool has_second = uses(vectors);
  const bool has_words = has_second && first.transform.width() > 0;
  const Matrix words = has_words ? vectors->encode_words(texts) : Matrix();
  for (size_t i = 0; i < texts.size(); ++i) {
    SparseFeatures features = table.transform(texts[i]);
    answers.push_back(judge(first.scores(features, row_of(words, i), constant, classes), first, 1));
    const HybridAnswer& answer = answers.back();
    const double trusted = trust(answer.probabilities[answer.best], texts[i].size());
    const bool sure = answer.in_scope() && trusted >= acceptance;
    if (!has_second || sure) continue;
    open.push_back(i);
    open_texts.push_back(texts[i]);
    open_features.push_back(std::move(features));
  }
  if (open.empty()) return answers;
  const Matrix rows = vectors->encode(open_texts);
  for (size_t j = 0; j < open.size(); ++j) {
    answers[open[j]] =
        judge(second.scores(open_features[j], row_of(rows, j), constant, classes), second, 2);
  }
  return answers;
}

}  // namespace pawl

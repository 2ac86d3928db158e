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

HybridAnswer judge(std::vector<float> scores, const HybridTier& tier, uint8_t number,
                   std::span<const float> support) {
  HybridAnswer answer;
  answer.tier = number;
  answer.probabilities.resize(scores.size());
  answer.best = calibrated_softmax(scores, tier.temperature, answer.probabilities);
  const double examples =
      answer.best < support.size() ? static_cast<double>(support[answer.best]) : 0.0;
  answer.surplus = static_cast<double>(scores[answer.best]) - tier.floor.at(examples);
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

bool HybridHead::reads_words(const SentenceVectors* vectors) const {
  return uses(vectors) && first.transform.width() > 0;
}

std::vector<HybridAnswer> HybridHead::answer_first(std::span<const std::string_view> texts,
                                                   const SentenceVectors* vectors,
                                                   const Matrix& words, Open& open) const {
  std::vector<HybridAnswer> answers;
  const bool has_second = uses(vectors), has_words = reads_words(vectors);
  for (size_t i = 0; i < texts.size(); ++i) {
    SparseFeatures features = table.transform(texts[i]);
    const auto row = has_words ? row_of(words, i) : std::span<const float>();
    answers.push_back(judge(first.scores(features, row, constant, classes), first, 1, support));
    const HybridAnswer& answer = answers.back();
    const double trusted = trust(answer.probabilities[answer.best], texts[i].size());
    const bool sure = answer.in_scope() && trusted >= acceptance;
    if (!has_second || sure) continue;
    open.texts.push_back(static_cast<uint32_t>(i));
    open.features.push_back(std::move(features));
  }
  return answers;
}

void HybridHead::answer_second(const Open& open, const Matrix& rows,
                               std::span<HybridAnswer> answers) const {
  for (size_t j = 0; j < open.texts.size(); ++j) {
    answers[open.texts[j]] = judge(
        second.scores(open.features[j], row_of(rows, j), constant, classes), second, 2, support);
  }
}

std::vector<HybridAnswer> HybridHead::answer(std::span<const std::string_view> texts,
                                             const SentenceVectors* vectors) const {
  Open open;
  const Matrix words = reads_words(vectors) ? vectors->encode_words(texts) : Matrix();
  std::vector<HybridAnswer> answers = answer_first(texts, vectors, words, open);
  if (open.texts.empty()) return answers;
  std::vector<std::string_view> asked;
  for (const uint32_t i : open.texts) asked.push_back(texts[i]);
  answer_second(open, vectors->encode(asked), answers);
  return answers;
}

}  // namespace pawl

#include "pipeline/hybrid_trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl {

namespace {

constexpr size_t kSmallSet = 2000;  // up to this many examples every one is held out once
constexpr size_t kSmallFolds = 4;
constexpr size_t kLargeFolds = 5;        // of which one is held out
constexpr size_t kCorrectionSteps = 24;  // of the solver for each corrected example
constexpr size_t kMinSupport = 30;       // held-out answers without which no bound is chosen

// The longest beginning all labels share that ends with a separator.
size_t shared_prefix(std::span<const std::string> labels) {
  if (labels.size() < 2) return 0;
  size_t shared = labels[0].size();
  for (const std::string& label : labels) {
    size_t i = 0;
    while (i < std::min(shared, label.size()) && label[i] == labels[0][i]) ++i;
    shared = i;
  }
  const size_t separator = std::string_view(labels[0]).substr(0, shared).find_last_of("_./:-");
  return separator == std::string_view::npos ? 0 : separator + 1;
}

std::string words_of(std::string_view label) {
  std::string words;
  size_t letters = 0;
  bool was_lower = false;
  for (size_t at = 0; at < label.size();) {
    const char32_t code = utf8::next(label, at);
    const bool letter = unicode::is(code, unicode::kAlpha);
    const bool part = letter || unicode::is(code, unicode::kNumeric);
    if (!part || (was_lower && unicode::is(code, unicode::kUpper))) {
      if (!words.empty() && words.back() != ' ') words += ' ';
    }
    if (part) utf8::append(words, unicode::simple_lower(code));
    letters += letter;
    was_lower = unicode::is(code, unicode::kLower);
  }
  while (!words.empty() && words.back() == ' ') words.pop_back();
  return letters < 3 ? std::string() : words;
}

SparseFeatures scaled(SparseFeatures features, float scale) {
  for (float& value : features.values) value *= scale;
  return features;
}

}  // namespace

std::vector<std::string> label_texts(std::span<const std::string> labels) {
  const size_t prefix = shared_prefix(labels);
  std::vector<std::string> texts;
  for (const std::string& label : labels) {
    texts.push_back(words_of(std::string_view(label).substr(prefix)));
  }
  return texts;
}

// Examples, then the names of labels.
struct HybridTrainer::Set {
  std::vector<TextNgrams> counts;
  Matrix vectors;  // a row each, or empty
  std::vector<uint32_t> labels;
  std::vector<float> weights;
};

// What both tiers say of examples they were not trained on.
struct HybridTrainer::Held {
  std::vector<std::vector<float>> scores[2];
  std::vector<uint32_t> labels;
};

std::span<const float> HybridTrainer::vector_of(const Set& set, size_t row) {
  if (set.vectors.size() == 0) return {};
  return {set.vectors.row(row), set.vectors.cols()};
}

HybridTrainer::HybridTrainer(std::vector<std::string> labels, const HybridOptions& options,
                             std::shared_ptr<const SentenceVectors> vectors)
    : labels_(std::move(labels)), options_(options), vectors_(std::move(vectors)) {}

float HybridTrainer::ngram_scale(size_t examples) const {
  const double per_label = static_cast<double>(examples) / static_cast<double>(labels_.size());
  const double factor = std::clamp(std::pow(per_label / 30.0, 0.25), 1.0, 3.0);
  return static_cast<float>(options_.ngram_scale * factor);
}

LogisticOptions HybridTrainer::solver_options() const {
  return {.c = options_.c, .seed = options_.seed};
}

HybridTrainer::Set HybridTrainer::make_set(std::span<const LabeledText> examples) const {
  Set set;
  std::vector<std::string_view> texts;
  for (const LabeledText& example : examples) {
    texts.push_back(example.text);
    set.labels.push_back(example.label);
    set.weights.push_back(example.weight);
  }
  const std::vector<std::string> names = label_texts(labels_);
  for (uint32_t label = 0; label < names.size(); ++label) {
    if (names[label].empty() || options_.label_weight <= 0.0) continue;
    texts.push_back(names[label]);
    set.labels.push_back(label);
    set.weights.push_back(static_cast<float>(options_.label_weight));
  }
  for (std::string_view text : texts) {
    set.counts.push_back(count_ngrams(text, options_.hash_bits));
  }
  if (vectors_ != nullptr) set.vectors = vectors_->encode(texts);
  return set;
}

VectorTransform HybridTrainer::make_transform(const Set& set, std::span<const size_t> rows) const {
  VectorTransform transform;
  if (vectors_ == nullptr) return transform;
  const size_t width = vectors_->width();
  transform.block_width = vectors_->block_width();
  transform.scales.assign(width / transform.block_width, static_cast<float>(options_.inner_scale));
  transform.scales[0] = static_cast<float>(options_.vector_scale);
  std::vector<double> sums(width, 0.0);
  for (size_t row : rows) {
    const float* vector = set.vectors.row(row);
    for (size_t i = transform.block_width; i < width; ++i)
      sums[i] += static_cast<double>(vector[i]);
  }
  for (double sum : sums) {
    transform.means.push_back(static_cast<float>(sum / static_cast<double>(rows.size())));
  }
  return transform;
}

size_t HybridTrainer::add(const TextNgrams& counts, std::span<const float> vector, uint32_t label,
                          float weight, Fitted& fitted) const {
  SparseFeatures features = fitted.table.transform(counts);
  const size_t index =
      fitted.tiers[0].add_example({features.columns, features.values, {}}, label, weight);
  if (fitted.tiers.size() > 1) {
    std::vector<float> dense(fitted.transform.width());
    fitted.transform.apply(vector, dense);
    features = scaled(std::move(features), head_.second.ngram_scale);
    fitted.tiers[1].add_example({features.columns, features.values, dense}, label, weight);
  }
  return index;
}

HybridTrainer::Fitted HybridTrainer::train(const Set& set, std::span<const size_t> rows) const {
  Fitted fitted;
  std::vector<TextNgrams> counts;
  for (size_t row : rows) counts.push_back(set.counts[row]);
  fitted.table = NgramTable::build(counts, options_.hash_bits, 1);
  fitted.transform = make_transform(set, rows);
  fitted.tiers.emplace_back(0, head_.constant);
  if (vectors_ != nullptr) fitted.tiers.emplace_back(fitted.transform.width(), head_.constant);
  for (LogisticTrainer& tier : fitted.tiers) tier.grow(fitted.table.size(), labels_.size());
  for (size_t row : rows) {
    const std::span<const float> vector = vectors_ == nullptr
                                              ? std::span<const float>()
                                              : std::span(set.vectors.row(row), set.vectors.cols());
    add(set.counts[row], vector, set.labels[row], set.weights[row], fitted);
  }
  for (LogisticTrainer& tier : fitted.tiers) tier.solve(solver_options());
  return fitted;
}

HybridHead HybridTrainer::head_of(const Fitted& fitted) const {
  HybridHead head = head_;
  head.classes = labels_.size();
  head.table = fitted.table;
  head.transform = fitted.transform;
  head.first.weights = fitted.tiers[0].weights();
  if (fitted.tiers.size() > 1) head.second.weights = fitted.tiers[1].weights();
  head.fingerprint = vectors_ == nullptr ? std::string() : vectors_->fingerprint();
  return head;
}

void HybridTrainer::publish() {
  published_ = std::make_shared<const HybridHead>(head_of(fitted_));
}

void HybridTrainer::judge_held(const Fitted& fitted, const Set& set, std::span<const size_t> rows,
                               Held& held) const {
  const HybridHead head = head_of(fitted);
  for (size_t row : rows) {
    const SparseFeatures features = head.table.transform(set.counts[row]);
    held.labels.push_back(set.labels[row]);
    held.scores[0].push_back(head.first_scores(features));
    if (vectors_ != nullptr) {
      held.scores[1].push_back(
          head.second_scores(features, {set.vectors.row(row), set.vectors.cols()}));
    }
  }
}

namespace {

struct TierVerdict {
  double temperature = 1.0;
  double floor = -std::numeric_limits<double>::infinity();
  std::vector<Judged> judged;
};

TierVerdict judge_tier(const std::vector<std::vector<float>>& scores,
                       std::span<const uint32_t> labels, double out_of_scope) {
  TierVerdict verdict;
  if (scores.empty()) return verdict;
  const size_t classes = scores[0].size();
  Matrix rows(scores.size(), classes);
  for (size_t i = 0; i < scores.size(); ++i) {
    std::copy(scores[i].begin(), scores[i].end(), rows.row(i));
  }
  verdict.temperature = fit_temperature(rows, labels);
  std::vector<float> probabilities(classes), right;
  for (size_t i = 0; i < scores.size(); ++i) {
    const size_t best = calibrated_softmax(scores[i], verdict.temperature, probabilities);
    verdict.judged.push_back({probabilities[best], best == labels[i]});
    if (best == labels[i]) right.push_back(scores[i][best]);
  }
  if (right.size() >= kMinSupport) verdict.floor = choose_floor(std::move(right), out_of_scope);
  return verdict;
}

// The fold of each example: its number among those of its label, modulo `folds`.
std::vector<size_t> make_folds(std::span<const uint32_t> labels, size_t classes, size_t folds) {
  std::vector<size_t> seen(classes, 0), fold;
  for (uint32_t label : labels) fold.push_back(seen[label]++ % folds);
  return fold;
}

}  // namespace

void HybridTrainer::calibrate(const Set& set, size_t examples) {
  const bool small = examples <= kSmallSet;
  const size_t folds = small ? kSmallFolds : kLargeFolds;
  const auto fold = make_folds(std::span(set.labels).first(examples), labels_.size(), folds);
  std::vector<size_t> support(labels_.size(), 0);
  for (size_t i = 0; i < examples; ++i) ++support[set.labels[i]];
  Held held;
  for (size_t out = 0; out < (small ? folds : 1); ++out) {
    std::vector<size_t> in_rows, out_rows;
    for (size_t i = 0; i < set.labels.size(); ++i) {
      const bool is_out = i < examples && fold[i] == out && support[set.labels[i]] > 1;
      (is_out ? out_rows : in_rows).push_back(i);
    }
    if (out_rows.empty() || in_rows.empty()) continue;
    judge_held(train(set, in_rows), set, out_rows, held);
  }
  const TierVerdict first = judge_tier(held.scores[0], held.labels, options_.out_of_scope);
  const TierVerdict second = judge_tier(held.scores[1], held.labels, options_.out_of_scope);
  head_.first.temperature = first.temperature;
  head_.first.floor = first.floor;
  head_.second.temperature = second.temperature;
  head_.second.floor = second.floor;
  head_.acceptance =
      vectors_ == nullptr ? 0.0 : choose_acceptance(first.judged, second.judged, kMinSupport);
}

void HybridTrainer::check(std::span<const LabeledText> examples, size_t labels) {
  for (const LabeledText& example : examples) {
    if (example.label >= labels || !(example.weight > 0.0f) || !std::isfinite(example.weight)) {
      throw Error(ErrorKind::kInvalidInput, "an example has no label or no positive weight");
    }
  }
}

void HybridTrainer::fit(std::span<const LabeledText> examples) {
  check(examples, labels_.size());
  if (examples.empty()) {
    throw Error(ErrorKind::kInvalidInput, "there is no example to train on");
  }
  head_.second.ngram_scale = ngram_scale(examples.size());
  const Set set = make_set(examples);
  calibrate(set, examples.size());
  std::vector<size_t> all(set.labels.size());
  std::iota(all.begin(), all.end(), size_t{0});
  fitted_ = train(set, all);
  index_.clear();
  for (size_t i = 0; i < examples.size(); ++i) index_[examples[i].text] = i;
  publish();
}

void HybridTrainer::resume(HybridHead head, std::span<const LabeledText> examples) {
  check(examples, labels_.size());
  head_ = std::move(head);
  published_ = std::make_shared<const HybridHead>(head_);
  if (!head_.uses(vectors_.get())) vectors_ = nullptr;
  const Set set = make_set(examples);
  fitted_ = Fitted{head_.table, head_.transform, {}};
  fitted_.tiers.emplace_back(0, head_.constant);
  if (vectors_ != nullptr) fitted_.tiers.emplace_back(head_.transform.width(), head_.constant);
  for (LogisticTrainer& tier : fitted_.tiers) tier.grow(head_.table.size(), head_.classes);
  index_.clear();
  for (size_t row = 0; row < set.labels.size(); ++row) {
    const size_t index =
        add(set.counts[row], vector_of(set, row), set.labels[row], set.weights[row], fitted_);
    if (row < examples.size()) index_[examples[row].text] = index;
  }
  fitted_.tiers[0].resume(head_.first.weights);
  if (vectors_ != nullptr) fitted_.tiers[1].resume(head_.second.weights);
  head_.first.weights = Matrix();
  head_.second.weights = Matrix();
}

bool HybridTrainer::knows(const LabeledText& example) const {
  const auto known = index_.find(example.text);
  return known != index_.end() && fitted_.tiers[0].label(known->second) == example.label;
}

void HybridTrainer::add_label(const std::string& label) {
  labels_.push_back(label);
  for (LogisticTrainer& tier : fitted_.tiers) tier.grow(0, labels_.size());
  publish();
}

void HybridTrainer::correct(std::span<const LabeledText> examples) {
  check(examples, labels_.size());
  std::vector<std::string_view> texts;
  for (const LabeledText& example : examples) texts.push_back(example.text);
  const Matrix vectors = vectors_ == nullptr ? Matrix() : vectors_->encode(texts);
  std::vector<size_t> changed;
  for (size_t i = 0; i < examples.size(); ++i) {
    const LabeledText& example = examples[i];
    const auto known = index_.find(example.text);
    if (known != index_.end()) {
      if (fitted_.tiers[0].label(known->second) == example.label) continue;
      for (LogisticTrainer& tier : fitted_.tiers) tier.set_label(known->second, example.label);
      changed.push_back(known->second);
      continue;
    }
    const TextNgrams counts = count_ngrams(example.text, options_.hash_bits);
    fitted_.table.add(counts);
    for (LogisticTrainer& tier : fitted_.tiers) tier.grow(fitted_.table.size(), labels_.size());
    const std::span<const float> vector =
        vectors_ == nullptr ? std::span<const float>() : std::span(vectors.row(i), vectors.cols());
    changed.push_back(add(counts, vector, example.label, example.weight, fitted_));
    index_[example.text] = changed.back();
  }
  LogisticOptions options = solver_options();
  options.max_passes = kCorrectionSteps;
  for (LogisticTrainer& tier : fitted_.tiers) tier.correct(changed, options);
  publish();
}

}  // namespace pawl

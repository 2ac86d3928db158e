#include "pipeline/hybrid/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "base/error.h"
#include "math/acceptance.h"
#include "pipeline/encoder/encoder_tuning.h"
#include "pipeline/hybrid/label_texts.h"

namespace pawl {

namespace {

constexpr size_t kSmallSet = 2000;  // up to this many examples every one is held out once
constexpr size_t kSmallFolds = 4;
constexpr size_t kLargeFolds = 5;        // of which as many are held out as kHeldOut takes
constexpr size_t kHeldOut = 5000;        // examples: fewer say too little about single mistakes
constexpr size_t kCorrectionSteps = 24;  // of the solver for each corrected example
constexpr size_t kFewestToTune = 200;    // examples: fewer change layers for the worse
constexpr size_t kMinSupport = 30;       // held-out answers without which no bound is chosen

template <typename Head>
auto& tier_of(Head& head, size_t number) {
  return number == 0 ? head.first : head.second;
}

// `centred_from`: blocks before it are left where they are.
VectorTransform make_transform(const Matrix& vectors, std::span<const size_t> rows,
                               size_t block_width, std::vector<float> scales, size_t centred_from) {
  VectorTransform transform;
  transform.block_width = block_width;
  transform.scales = std::move(scales);
  std::vector<double> sums(vectors.cols(), 0.0);
  for (size_t row : rows) {
    const float* vector = vectors.row(row);
    for (size_t i = centred_from * block_width; i < sums.size(); ++i) {
      sums[i] += static_cast<double>(vector[i]);
    }
  }
  for (double sum : sums) {
    transform.means.push_back(static_cast<float>(sum / static_cast<double>(rows.size())));
  }
  return transform;
}

}  // namespace

// Examples, then the names of labels.
struct HybridTrainer::Set {
  std::vector<std::string_view> texts;  // of the examples and of `names`
  std::vector<std::string> names;
  std::vector<TextNgrams> counts;
  Matrix vectors[2];  // for each tier, a row each; or empty
  std::vector<uint32_t> labels;
  std::vector<float> weights;

  std::span<const float> vector(size_t tier, size_t row) const {
    const Matrix& all = vectors[tier];
    return all.size() == 0 ? std::span<const float>() : std::span(all.row(row), all.cols());
  }
  double support(uint32_t label) const {
    return static_cast<double>(std::count(labels.begin(), labels.end(), label));
  }
};

// What both tiers say of examples they were not trained on.
struct HybridTrainer::Held {
  std::vector<std::vector<float>> scores[2];
  std::vector<uint32_t> labels;
  std::vector<double> support;  // of the example's label in the whole set: as the head will have it
  std::vector<size_t> bytes;    // of the texts

  bool right(size_t tier, size_t i) const {
    const std::vector<float>& row = scores[tier][i];
    return static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin()) == labels[i];
  }

  // Than `other`, of the same examples: by more than two standard deviations of a fair coin. Most
  // examples are answers that were praised, and the head that gave them is right there.
  bool surely_worse(size_t tier, const Held& other) const {
    double lost = 0.0, gained = 0.0;
    for (size_t i = 0; i < labels.size(); ++i) {
      lost += !right(tier, i) && other.right(tier, i);
      gained += right(tier, i) && !other.right(tier, i);
    }
    return lost - gained > 2.0 * std::sqrt(lost + gained);
  }
};

HybridTrainer::HybridTrainer(std::vector<std::string> labels, const HybridOptions& options,
                             std::shared_ptr<const SentenceVectors> vectors)
    : labels_(std::move(labels)), options_(options), base_(std::move(vectors)), vectors_(base_) {}

float HybridTrainer::ngram_scale(size_t examples) const {
  const double per_label = static_cast<double>(examples) / static_cast<double>(labels_.size());
  const double factor = std::clamp(std::pow(per_label / 30.0, 0.25), 1.0, 3.0);
  return static_cast<float>(options_.ngram_scale * factor);
}

LogisticOptions HybridTrainer::solver_options() const {
  return {.c = options_.c, .seed = options_.seed};
}

HybridTrainer::Set HybridTrainer::make_set(std::span<const LabeledText> examples,
                                           bool with_names) const {
  Set set;
  for (const LabeledText& example : examples) {
    set.texts.push_back(example.text);
    set.labels.push_back(example.label);
    set.weights.push_back(example.weight);
  }
  if (with_names) set.names = label_texts(labels_);
  for (uint32_t label = 0; label < set.names.size(); ++label) {
    if (set.names[label].empty() || options_.label_weight <= 0.0) continue;
    set.texts.push_back(set.names[label]);
    set.labels.push_back(label);
    set.weights.push_back(static_cast<float>(options_.label_weight));
  }
  for (std::string_view text : set.texts) {
    set.counts.push_back(count_ngrams(text, options_.hash_bits));
  }
  if (vectors_ != nullptr) {
    if (with_words_) set.vectors[0] = vectors_->encode_words(set.texts);
    set.vectors[1] = vectors_->encode(set.texts);
  }
  return set;
}

std::vector<VectorTransform> HybridTrainer::make_transforms(const Set& set,
                                                            std::span<const size_t> rows) const {
  if (vectors_ == nullptr) return {VectorTransform()};
  const size_t width = vectors_->block_width();
  std::vector<float> scales(vectors_->width() / width, static_cast<float>(options_.inner_scale));
  scales[0] = static_cast<float>(options_.vector_scale);
  std::vector<float> words(vectors_->words_width() / width,
                           static_cast<float>(options_.word_scale));
  return {with_words_ ? make_transform(set.vectors[0], rows, width, std::move(words), 0)
                      : VectorTransform(),
          make_transform(set.vectors[1], rows, width, std::move(scales), 1)};
}

HybridTrainer::Fitted HybridTrainer::make_fitted(NgramTable table,
                                                 std::vector<VectorTransform> transforms,
                                                 size_t tiers) const {
  Fitted fitted{std::move(table), std::move(transforms), {}};
  for (size_t tier = 0; tier < tiers; ++tier) {
    fitted.tiers.emplace_back(fitted.transforms[tier].width(), head_.constant);
    fitted.tiers.back().grow(fitted.table.size(), labels_.size());
  }
  return fitted;
}

size_t HybridTrainer::add(const Set& set, size_t row, Fitted& fitted) const {
  const SparseFeatures features = fitted.table.transform(set.counts[row]);
  std::vector<float> values, dense;
  size_t index = 0;
  for (size_t tier = 0; tier < fitted.tiers.size(); ++tier) {
    values = features.values;
    for (float& value : values) value *= tier_of(head_, tier).ngram_scale;
    const VectorTransform& transform = fitted.transforms[tier];
    dense.assign(transform.width(), 0.0f);
    if (!dense.empty()) transform.apply(set.vector(tier, row), dense);
    index = fitted.tiers[tier].add_example({features.columns, values, dense}, set.labels[row],
                                           set.weights[row]);
  }
  return index;
}

HybridTrainer::Fitted HybridTrainer::train(const Set& set, std::span<const size_t> rows,
                                           size_t tiers) const {
  std::vector<TextNgrams> counts;
  for (size_t row : rows) counts.push_back(set.counts[row]);
  Fitted fitted = make_fitted(NgramTable::build(counts, options_.hash_bits, 1),
                              make_transforms(set, rows), tiers);
  for (size_t row : rows) add(set, row, fitted);
  for (LogisticTrainer& tier : fitted.tiers) tier.solve(solver_options());
  return fitted;
}

// As many as the head taken up knew, where fewer were given again.
std::vector<float> HybridTrainer::support_of(const Fitted& fitted) const {
  std::vector<float> support(labels_.size(), 0.0f);
  const LogisticTrainer& tier = fitted.tiers[0];
  for (size_t i = 0; i < tier.examples(); ++i) support[tier.label(i)] += 1.0f;
  for (size_t label = 0; label < head_.support.size(); ++label) {
    support[label] = std::max(support[label], head_.support[label]);
  }
  return support;
}

HybridHead HybridTrainer::head_of(const Fitted& fitted) const {
  HybridHead head = head_;
  head.classes = labels_.size();
  head.table = fitted.table;
  for (size_t tier = 0; tier < fitted.tiers.size(); ++tier) {
    tier_of(head, tier).transform = fitted.transforms[tier];
    tier_of(head, tier).weights = fitted.tiers[tier].weights();
  }
  head.fingerprint = vectors_ == nullptr ? std::string() : vectors_->fingerprint();
  head.support = support_of(fitted);
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
    held.support.push_back(set.support(set.labels[row]));
    held.bytes.push_back(set.texts[row].size());
    for (size_t tier = 0; tier < fitted.tiers.size(); ++tier) {
      held.scores[tier].push_back(
          tier_of(head, tier).scores(features, set.vector(tier, row), head.constant, head.classes));
    }
  }
}

namespace {

struct TierVerdict {
  double temperature = 1.0;
  Floor floor{-std::numeric_limits<double>::infinity(), 0.0};
  std::vector<Judged> judged;
};

// At `temperature`, or at the one that fits best.
TierVerdict judge_tier(const std::vector<std::vector<float>>& scores,
                       std::span<const uint32_t> labels, std::span<const double> support,
                       double out_of_scope, std::optional<double> temperature = std::nullopt) {
  TierVerdict verdict;
  if (scores.empty()) return verdict;
  const size_t classes = scores[0].size();
  Matrix rows(scores.size(), classes);
  for (size_t i = 0; i < scores.size(); ++i) {
    std::copy(scores[i].begin(), scores[i].end(), rows.row(i));
  }
  verdict.temperature = temperature ? *temperature : fit_temperature(rows, labels);
  std::vector<float> probabilities(classes);
  std::vector<RightAnswer> right;
  for (size_t i = 0; i < scores.size(); ++i) {
    const size_t best = calibrated_softmax(scores[i], verdict.temperature, probabilities);
    verdict.judged.push_back({probabilities[best], best == labels[i]});
    if (best == labels[i]) right.push_back({static_cast<double>(scores[i][best]), support[i]});
  }
  if (right.size() >= kMinSupport) verdict.floor = choose_floor(right, out_of_scope);
  return verdict;
}

// From which trust on the head's first tier may answer alone, for texts of these lengths.
double acceptance_of(const HybridHead& head, TierVerdict first, const TierVerdict& second,
                     std::span<const size_t> bytes) {
  for (size_t i = 0; i < first.judged.size(); ++i) {
    float& confidence = first.judged[i].confidence;
    confidence = static_cast<float>(head.trust(confidence, bytes[i]));
  }
  return choose_acceptance(first.judged, second.judged, kMinSupport);
}

// Of a label with as many examples as labels have on average.
double typical_floor(const Floor& floor, double examples, size_t labels) {
  return floor.at(examples / static_cast<double>(std::max<size_t>(1, labels)));
}

// Where labels have more examples by now, that says nothing of layers that have met them.
double typical_floor(const HybridHead& head) {
  const double examples = std::accumulate(head.support.begin(), head.support.end(), 0.0);
  return typical_floor(head.second.floor, examples, head.classes);
}

double mean_length(std::span<const LabeledText> examples) {
  double sum = 0.0;
  for (const LabeledText& example : examples) sum += static_cast<double>(example.text.size());
  return sum / static_cast<double>(examples.size());
}

// The fold of each example: its number among those of its label, modulo `folds`.
std::vector<size_t> make_folds(std::span<const uint32_t> labels, size_t classes, size_t folds) {
  std::vector<size_t> seen(classes, 0), fold;
  for (uint32_t label : labels) fold.push_back(seen[label]++ % folds);
  return fold;
}

}  // namespace

// Judges the examples of fold `out` by heads trained on the others; labels with one example keep
// it.
void HybridTrainer::hold_out(const Set& set, std::span<const size_t> folds, size_t out,
                             size_t tiers, Held& held) const {
  std::vector<size_t> support(labels_.size(), 0);
  for (size_t i = 0; i < folds.size(); ++i) ++support[set.labels[i]];
  std::vector<size_t> in_rows, out_rows;
  for (size_t i = 0; i < set.labels.size(); ++i) {
    const bool is_out = i < folds.size() && folds[i] == out && support[set.labels[i]] > 1;
    (is_out ? out_rows : in_rows).push_back(i);
  }
  if (out_rows.empty() || in_rows.empty()) return;
  judge_held(train(set, in_rows, tiers), set, out_rows, held);
}

// An encoder that does not know the language has nothing to say about words: whether n-grams alone
// are right more often is seen on a part of the examples.
void HybridTrainer::choose_words(const Set& set, size_t examples) {
  with_words_ = false;
  if (vectors_ == nullptr) return;
  const auto folds = make_folds(std::span(set.labels).first(examples), labels_.size(), kLargeFolds);
  size_t right[] = {0, 0};
  for (const bool with : {false, true}) {
    with_words_ = with;
    Held held;
    hold_out(set, folds, 0, 1, held);
    for (size_t i = 0; i < held.labels.size(); ++i) right[with] += held.right(0, i);
  }
  with_words_ = right[true] >= right[false];
}

void HybridTrainer::calibrate(const Set& set, size_t examples) {
  const size_t count = examples <= kSmallSet ? kSmallFolds : kLargeFolds;
  const auto folds = make_folds(std::span(set.labels).first(examples), labels_.size(), count);
  Held held;
  for (size_t out = 0; out < count && held.labels.size() < kHeldOut; ++out) {
    hold_out(set, folds, out, tiers(), held);
  }
  const TierVerdict first =
      judge_tier(held.scores[0], held.labels, held.support, options_.out_of_scope);
  const TierVerdict second =
      judge_tier(held.scores[1], held.labels, held.support, options_.out_of_scope);
  head_.first.temperature = first.temperature;
  head_.first.floor = first.floor;
  head_.second.temperature = second.temperature;
  head_.second.floor = second.floor;
  head_.acceptance = vectors_ == nullptr ? 0.0 : acceptance_of(head_, first, second, held.bytes);
}

void HybridTrainer::check(std::span<const LabeledText> examples, size_t labels) {
  for (const LabeledText& example : examples) {
    if (example.label >= labels || !(example.weight > 0.0f) || !std::isfinite(example.weight)) {
      throw Error(ErrorKind::kInvalidInput, "an example has no label or no positive weight");
    }
  }
}

namespace {

// Whether these layers, which may be null, were tuned for the encoder behind these vectors.
bool is_for(const std::shared_ptr<const TunedLayers>& layers, const SentenceVectors* vectors) {
  const auto encoder = vectors == nullptr ? nullptr : vectors->encoder();
  return layers != nullptr && encoder != nullptr && encoder->fingerprint() == layers->encoder;
}

}  // namespace

bool HybridTrainer::could_tune(size_t examples) const {
  return options_.tune && base_ != nullptr && base_->encoder() != nullptr &&
         examples >= kFewestToTune;
}

// Of nulls where there is nothing to tune or too little to learn from.
TuningResult HybridTrainer::tune(const Set& set, size_t examples, Progress& progress) const {
  if (!options_.tune_anew || !could_tune(examples)) return {};
  std::vector<TuningText> texts;
  for (size_t i = 0; i < set.texts.size(); ++i) {
    texts.push_back({set.texts[i], set.labels[i], set.weights[i]});
  }
  return tune_layers(*base_->encoder(), texts, labels_.size(),
                     {.batch_size = options_.tuning_batch,
                      .seed = options_.seed,
                      .checkpoint = options_.checkpoint},
                     progress);
}

// The second tier is another now. What the first may answer alone was seen on more examples before:
// the stricter bound holds. Layers of `known` have met the texts they are judged on: they are
// trusted no further than when they had not.
void HybridTrainer::recalibrate(const Set& set, const Held& held, const HybridHead* known) {
  const TierVerdict second =
      judge_tier(held.scores[1], held.labels, held.support, options_.out_of_scope);
  head_.second.temperature = second.temperature;
  head_.second.floor = second.floor;
  if (known != nullptr) {
    head_.second.temperature = std::max(second.temperature, known->second.temperature);
    const auto examples = static_cast<double>(set.labels.size());
    const double now = typical_floor(second.floor, examples, labels_.size());
    head_.second.floor.base -= std::max(0.0, now - typical_floor(*known));
    head_.tuned_acceptance = known->tuned_acceptance;
  } else {
    const TierVerdict first = judge_tier(held.scores[0], held.labels, held.support,
                                         options_.out_of_scope, head_.first.temperature);
    head_.tuned_acceptance = acceptance_of(head_, first, second, held.bytes);
  }
  head_.acceptance = std::max(head_.acceptance, head_.tuned_acceptance);
}

// Judges the encoder's own layers and the tuned ones on what was left out of tuning. Unless the
// tuned ones do worse there, the calibration becomes theirs.
bool HybridTrainer::try_tuned(const TunedLayers& layers, size_t examples, const HybridHead* known,
                              Set& set) {
  std::vector<size_t> folds;
  for (size_t i = 0; i < examples; ++i) folds.push_back(!left_out_of_tuning(set.texts[i]));
  Held own, held;
  hold_out(set, folds, 0, tiers(), own);
  Matrix rows = take(layers, set);
  hold_out(set, folds, 0, tiers(), held);
  if (!held.surely_worse(1, own)) {
    recalibrate(set, held, known);
    return true;
  }
  vectors_ = base_;
  std::swap(set.vectors[1], rows);
  return false;
}

// Vectors and set become those of the layers. Returns the vectors before.
Matrix HybridTrainer::take(const TunedLayers& layers, Set& set) {
  vectors_ = tuned_vectors(base_, layers);
  return std::exchange(set.vectors[1], vectors_->encode(set.texts));
}

void HybridTrainer::fit(std::span<const LabeledText> examples, Progress& progress,
                        std::shared_ptr<const HybridHead> known,
                        std::shared_ptr<const HybridHead> earlier) {
  check(examples, labels_.size());
  if (examples.empty()) {
    throw Error(ErrorKind::kInvalidInput, "there is no example to train on");
  }
  vectors_ = base_;
  head_ = HybridHead();
  head_.second.ngram_scale = ngram_scale(examples.size());
  head_.typical_length = mean_length(examples);
  const HybridHead* as = options_.calibrated_as;
  with_words_ = as == nullptr || as->first.transform.width() > 0;
  Set set = make_set(examples, true);
  if (as == nullptr)
    choose_words(set, examples.size());
  else
    return fit_as(*as, examples, set);
  if (known == nullptr || !options_.tune || !is_for(known->tuned, base_.get())) known = nullptr;
  const TuningResult tuned = known != nullptr ? TuningResult{known->tuned, known->tuned}
                                              : tune(set, examples.size(), progress);
  calibrate(set, examples.size());
  if (tuned.judged != nullptr && try_tuned(*tuned.judged, examples.size(), known.get(), set)) {
    if (tuned.layers != tuned.judged) take(*tuned.layers, set);
    head_.tuned = tuned.layers;
  } else if (earlier != nullptr && options_.tune && is_for(earlier->tuned, base_.get()) &&
             try_tuned(*earlier->tuned, examples.size(), earlier.get(), set)) {
    head_.tuned = earlier->tuned;
  }
  fit_all(examples, set);
}

void HybridTrainer::fit_as(const HybridHead& as, std::span<const LabeledText> examples, Set& set) {
  head_.first.temperature = as.first.temperature;
  head_.first.floor = as.first.floor;
  head_.second.temperature = as.second.temperature;
  head_.second.floor = as.second.floor;
  head_.acceptance = as.acceptance;
  head_.tuned_acceptance = as.tuned_acceptance;
  if (is_for(as.tuned, base_.get())) {
    take(*as.tuned, set);
    head_.tuned = as.tuned;
  }
  fit_all(examples, set);
}

void HybridTrainer::fit_all(std::span<const LabeledText> examples, const Set& set) {
  std::vector<size_t> all(set.labels.size());
  std::iota(all.begin(), all.end(), size_t{0});
  fitted_ = train(set, all, tiers());
  index_.clear();
  for (size_t i = 0; i < examples.size(); ++i) index_[examples[i].text] = i;
  publish();
}

void HybridTrainer::resume(HybridHead head, std::span<const LabeledText> examples) {
  check(examples, labels_.size());
  head_ = std::move(head);
  vectors_ = head_.tuned == nullptr ? base_ : tuned_vectors(base_, *head_.tuned);
  published_ = std::make_shared<const HybridHead>(head_);
  if (!head_.uses(vectors_.get())) vectors_ = nullptr;
  with_words_ = head_.first.transform.width() > 0;
  const Set set = make_set(examples, true);
  fitted_ = make_fitted(head_.table, {head_.first.transform, head_.second.transform}, tiers());
  index_.clear();
  for (size_t row = 0; row < set.labels.size(); ++row) {
    const size_t index = add(set, row, fitted_);
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
  const Set set = make_set(examples, false);
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
    fitted_.table.add(set.counts[i]);
    for (LogisticTrainer& tier : fitted_.tiers) tier.grow(fitted_.table.size(), labels_.size());
    changed.push_back(add(set, i, fitted_));
    index_[example.text] = changed.back();
  }
  LogisticOptions options = solver_options();
  options.max_passes = kCorrectionSteps;
  for (LogisticTrainer& tier : fitted_.tiers) tier.correct(changed, options);
  publish();
}

}  // namespace pawl

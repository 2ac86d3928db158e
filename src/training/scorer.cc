#include "training/scorer.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "config/spacy_config.h"

namespace pawl {

namespace {

constexpr double kTiny = 1e-100;

double ratio(uint64_t part, uint64_t other) {
  return static_cast<double>(part) / (static_cast<double>(part + other) + kTiny);
}

using EntityKey = std::tuple<StringId, uint32_t, uint32_t>;

void score_document(const Scored& pair, const StringStore& strings,
                    std::map<std::string, Prf>& per_type) {
  const GoldDoc& gold = *pair.gold;
  std::set<EntityKey> golds;
  for (const Span& span : gold.entities) golds.emplace(span.label, span.start, span.end);
  for (const Span& span : pair.predicted->entities()) {
    Prf& score = per_type[strings.at(span.label)];
    const auto [first, last] = covering_tokens(gold.tokens, (*pair.predicted)[span.start].idx,
                                               (*pair.predicted)[span.end - 1].end());
    if (first == last) continue;
    // Where annotation is missing a prediction is neither right nor wrong.
    const bool known =
        std::all_of(gold.tokens.begin() + first, gold.tokens.begin() + last,
                    [](const GoldToken& token) { return token.ent_iob != EntIob::kMissing; });
    if (!known) continue;
    if (golds.erase({span.label, first, last}))
      ++score.tp;
    else
      ++score.fp;
  }
  for (const auto& [label, start, end] : golds) ++per_type[strings.at(label)].fn;
}

const std::pair<std::string, float>* highest(
    const std::vector<std::pair<std::string, float>>& cats) {
  const auto best = std::max_element(
      cats.begin(), cats.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == cats.end() ? nullptr : &*best;
}

// Categories of one document and gold, reduced to the labels that are scored.
class CategoryCounter {
 public:
  explicit CategoryCounter(const CategoryOptions& options) : options_(options) {
    for (size_t i = 0; i < options.labels.size(); ++i) index_.emplace(options.labels[i], i);
    counts_.resize(options.labels.size());
    truths_.resize(options.labels.size());
    scores_.resize(options.labels.size());
  }

  void add(const Scored& pair) {
    const auto predicted = keep(pair.predicted->cats()), gold = keep(pair.gold->cats);
    std::vector<float> score(counts_.size(), 0.0f);
    std::vector<std::optional<float>> truth(counts_.size());
    for (const auto& [label, value] : predicted) score[index_.at(label)] = value;
    for (const auto& [label, value] : gold) truth[index_.at(label)] = value;
    for (size_t i = 0; i < counts_.size(); ++i) {
      if (!options_.multi_label && !truth[i]) truth[i] = 0.0f;
      if (!truth[i]) continue;
      truths_[i].push_back(*truth[i]);
      scores_[i].push_back(score[i]);
      if (options_.multi_label) count_one(i, score[i], *truth[i]);
    }
    if (!options_.multi_label) count_exclusive(highest(predicted), highest(gold));
  }

  CategoryScores result() const;

 private:
  std::vector<std::pair<std::string, float>> keep(
      const std::vector<std::pair<std::string, float>>& cats) const {
    std::vector<std::pair<std::string, float>> out;
    for (const auto& cat : cats) {
      if (index_.contains(cat.first)) out.push_back(cat);
    }
    return out;
  }

  void count_one(size_t label, float score, float truth) {
    const bool positive = static_cast<double>(score) >= options_.threshold;
    if (positive && truth > 0)
      ++counts_[label].tp;
    else if (positive && truth == 0)
      ++counts_[label].fp;
    else if (!positive && truth > 0)
      ++counts_[label].fn;
  }

  void count_exclusive(const std::pair<std::string, float>* predicted,
                       const std::pair<std::string, float>* gold) {
    if (predicted && gold && predicted->first == gold->first) {
      ++counts_[index_.at(predicted->first)].tp;
      return;
    }
    if (gold && (predicted || gold->second > 0)) ++counts_[index_.at(gold->first)].fn;
    if (predicted) ++counts_[index_.at(predicted->first)].fp;
  }

  const CategoryOptions& options_;
  std::map<std::string, size_t, std::less<>> index_;
  std::vector<Prf> counts_;
  std::vector<std::vector<float>> truths_, scores_;
};

CategoryScores CategoryCounter::result() const {
  CategoryScores out;
  const double n = static_cast<double>(counts_.size()) + kTiny;
  for (size_t i = 0; i < counts_.size(); ++i) {
    const Prf& count = counts_[i];
    out.micro += count;
    out.macro_p += count.precision() / n;
    out.macro_r += count.recall() / n;
    out.macro_f += count.fscore() / n;
    const auto auc = roc_auc(truths_[i], scores_[i]);
    out.macro_auc += auc.value_or(0.0) / n;
    out.per_type.emplace_back(options_.labels[i], count);
    out.auc_per_type.emplace_back(options_.labels[i], auc);
  }
  out.score = options_.multi_label ? out.macro_auc : out.macro_f;
  out.score_description = options_.multi_label ? "macro AUC" : "macro F";
  const auto positive = index_.find(options_.positive_label);
  if (counts_.size() == 2 && !options_.multi_label && positive != index_.end()) {
    out.score = counts_[positive->second].fscore();
    out.score_description = "F (" + options_.positive_label + ")";
  }
  return out;
}

}  // namespace

double Prf::precision() const {
  return ratio(tp, fp);
}
double Prf::recall() const {
  return ratio(tp, fn);
}
double Prf::fscore() const {
  const double p = precision(), r = recall();
  return 2 * ((p * r) / (p + r + kTiny));
}

Prf& Prf::operator+=(const Prf& other) {
  tp += other.tp;
  fp += other.fp;
  fn += other.fn;
  return *this;
}

EntityScores score_entities(std::span<const Scored> pairs) {
  EntityScores out;
  for (const Scored& pair : pairs) {
    if (pair.gold->has_entities())
      score_document(pair, pair.predicted->vocab().strings(), out.per_type);
  }
  for (const auto& [label, score] : out.per_type) out.all += score;
  return out;
}

CategoryScores score_categories(std::span<const Scored> pairs, const CategoryOptions& options) {
  CategoryCounter counter(options);
  for (const Scored& pair : pairs) counter.add(pair);
  return counter.result();
}

TokenScores score_tokens(std::span<const Scored> pairs) {
  TokenScores out;
  for (const Scored& pair : pairs) {
    if (pair.gold->unknown_spaces) continue;
    std::set<std::pair<uint32_t, uint32_t>> gold;
    const std::vector<GoldToken>& tokens = pair.gold->tokens;
    for (const GoldToken& token : tokens) gold.emplace(token.start, token.end);
    for (const Token& token : pair.predicted->tokens()) {
      const auto [first, last] = covering_tokens(tokens, token.idx, token.end());
      const bool exact = gold.erase({token.idx, token.end()}) > 0;
      if (token.lex->is(Attr::kIsSpace)) continue;
      ++(last - first == 1 ? out.accuracy.tp : out.accuracy.fp);
      ++(exact ? out.spans.tp : out.spans.fp);
    }
    for (const auto& [start, end] : gold) {
      const auto [first, last] = covering_tokens(tokens, start, end);
      out.spans.fn += first != last;
    }
  }
  return out;
}

std::optional<double> roc_auc(const std::vector<float>& truths, const std::vector<float>& scores) {
  if (std::set<float>(truths.begin(), truths.end()).size() != 2) return {};
  std::vector<size_t> order(scores.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  double tp = 0, fp = 0, area = 0;
  for (size_t i = 0; i < order.size();) {
    const double tp_before = tp, fp_before = fp;
    const float score = scores[order[i]];
    for (; i < order.size() && scores[order[i]] == score; ++i)
      ++(truths[order[i]] == 1.0f ? tp : fp);
    area += (fp - fp_before) * (tp + tp_before) / 2;
  }
  return area / (tp * fp);
}

}  // namespace pawl

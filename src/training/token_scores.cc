#include "training/token_scores.h"

#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "pipeline/component/alignment.h"
#include "text/morphology.h"

namespace pawl {

namespace {

template <typename T>
void count(const std::set<T>& predicted, const std::set<T>& gold, Prf& score) {
  for (const T& item : predicted) ++(gold.contains(item) ? score.tp : score.fp);
  for (const T& item : gold) score.fn += !predicted.contains(item);
}

Json or_null(const Prf& score, double value) {
  return score.total() > 0 ? Json(value) : Json();
}

// Calls `visit` for each predicted token that is no blank and stands for one gold token.
void for_each_single(const Scored& pair,
                     const std::function<void(size_t token, uint32_t gold)>& visit) {
  const Alignment alignment = align(*pair.predicted, *pair.gold);
  for (size_t i = 0; i < pair.predicted->size(); ++i) {
    const TokenRange range = alignment.to_reference[i];
    if (range.size() == 1 && !(*pair.predicted)[i].lex->is(Attr::kIsSpace)) visit(i, range.first);
  }
}

using Feature = std::pair<uint32_t, std::string>;  // token, "Case=Nom"
using FeatureSets = std::map<std::string, std::set<Feature>>;

void add_features(StringId morph, const StringStore& strings, uint32_t token, FeatureSets& sets) {
  for (const auto& [field, values] : parse_morph(morph == 0 ? "" : strings.at(morph)))
    sets[field].emplace(token, field + "=" + values);
}

}  // namespace

Json score_token_attribute(std::span<const Scored> pairs, Attr attr, const std::string& name) {
  Prf score;
  for (const Scored& pair : pairs) {
    std::set<std::pair<uint32_t, uint64_t>> gold, predicted;
    for (uint32_t i = 0; i < pair.gold->tokens.size(); ++i) {
      if (const uint64_t value = pair.gold->value(i, attr)) gold.emplace(i, value);
    }
    for_each_single(pair, [&](size_t token, uint32_t i) {
      if (pair.gold->value(i, attr) != 0) predicted.emplace(i, pair.predicted->attr(token, attr));
    });
    count(predicted, gold, score);
  }
  Json out = Json::object();
  out[name + "_acc"] = or_null(score, score.fscore());
  return out;
}

Json score_morph_features(std::span<const Scored> pairs) {
  Prf micro;
  std::map<std::string, Prf> per_feature;
  for (const Scored& pair : pairs) {
    const StringStore& strings = pair.predicted->vocab().strings();
    FeatureSets gold, predicted;
    std::vector<bool> known;
    for (uint32_t i = 0; i < pair.gold->tokens.size(); ++i) {
      const StringId morph = pair.gold->tokens[i].said.morph;
      known.push_back(!morph_text(morph, strings).empty());
      add_features(morph, strings, i, gold);
    }
    for_each_single(pair, [&](size_t token, uint32_t i) {
      if (known[i]) add_features((*pair.predicted)[token].morph, strings, i, predicted);
    });
    for (const auto& [field, set] : gold) count(predicted[field], set, per_feature[field]);
    for (const auto& [field, set] : predicted) {
      if (!gold.contains(field)) count(set, {}, per_feature[field]);
    }
  }
  for (const auto& [field, score] : per_feature) micro += score;
  Json out = Json::object();
  out["morph_micro_p"] = or_null(micro, micro.precision());
  out["morph_micro_r"] = or_null(micro, micro.recall());
  out["morph_micro_f"] = or_null(micro, micro.fscore());
  Json features = micro.total() > 0 ? Json::object() : Json();
  for (const auto& [field, score] : per_feature) {
    if (micro.total() > 0) features[field] = prf_json(score);
  }
  out["morph_per_feat"] = std::move(features);
  return out;
}

}  // namespace pawl

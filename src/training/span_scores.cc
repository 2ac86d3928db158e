#include "training/span_scores.h"

#include <map>
#include <set>
#include <tuple>

namespace pawl {
namespace {

using Labelled = std::tuple<StringId, uint32_t, uint32_t>;

std::set<Labelled> set_of(const std::vector<Span>& spans) {
  std::set<Labelled> out;
  for (const Span& span : spans) out.emplace(span.label, span.start, span.end);
  return out;
}

const SpanGroup* find_group(const GoldDoc& gold, const std::string& key) {
  for (const SpanGroup& group : gold.spans) {
    if (group.name == key) return &group;
  }
  return nullptr;
}

// The prediction's spans over tokens of the reference.
std::set<Labelled> predicted_spans(const Scored& pair, const SpanGroup& group) {
  const Alignment alignment = align(*pair.predicted, *pair.gold);
  return set_of(align_spans(group.spans, pair.predicted->text(), alignment.to_reference,
                            extents(*pair.predicted), extents(*pair.gold), true));
}

}  // namespace

Json score_span_group(std::span<const Scored> pairs, const std::string& key) {
  Prf all;
  std::map<std::string, Prf> per_type;
  for (const Scored& pair : pairs) {
    const SpanGroup* wanted_group = find_group(*pair.gold, key);
    if (!wanted_group) continue;
    const StringStore& strings = pair.predicted->vocab().strings();
    const std::set<Labelled> wanted = set_of(wanted_group->spans);
    std::set<Labelled> found;
    if (const SpanGroup* group = pair.predicted->find_spans(key)) {
      for (const Span& span : group->spans) per_type[strings.at(span.label)];
      found = predicted_spans(pair, *group);
    }
    for (const Labelled& span : found) {
      Prf& score = per_type[strings.at(std::get<0>(span))];
      ++(wanted.contains(span) ? score.tp : score.fp);
      ++(wanted.contains(span) ? all.tp : all.fp);
    }
    for (const Labelled& span : wanted) {
      Prf& score = per_type[strings.at(std::get<0>(span))];
      if (found.contains(span)) continue;
      ++score.fn;
      ++all.fn;
    }
  }
  const bool any = all.total() > 0;
  Json out = Json::object(), types = any ? Json::object() : Json();
  for (const auto& [label, score] : per_type) {
    if (any) types[label] = prf_json(score);
  }
  const std::string name = "spans_" + key;
  out[name + "_p"] = any ? Json(all.precision()) : Json();
  out[name + "_r"] = any ? Json(all.recall()) : Json();
  out[name + "_f"] = any ? Json(all.fscore()) : Json();
  out[name + "_per_type"] = std::move(types);
  return out;
}

}  // namespace pawl

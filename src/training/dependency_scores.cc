#include "training/dependency_scores.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/utf8.h"
#include "pipeline/component/alignment.h"
#include "text/unicode.h"

namespace pawl {

namespace {

using Arc = std::tuple<uint32_t, uint32_t, size_t>;  // token, head, label's number
using Span2 = std::pair<uint32_t, uint32_t>;

template <typename T>
void count(const std::set<T>& found, const std::set<T>& wanted, Prf& score) {
  uint64_t right = 0;
  for (const T& item : found) right += wanted.count(item);
  score.tp += right;
  score.fp += found.size() - right;
  score.fn += wanted.size() - right;
}

std::set<Span2> without_labels(const std::set<Arc>& arcs) {
  std::set<Span2> out;
  for (const auto& [token, head, label] : arcs) out.emplace(token, head);
  return out;
}

class DependencyCounter {
 public:
  void add(const Scored& pair) {
    strings_ = &pair.predicted->vocab().strings();
    const std::set<Arc> wanted = gold_arcs(*pair.gold);
    const std::set<Arc> found = predicted_arcs(pair);
    count(found, wanted, out_.labelled);
    count(without_labels(found), without_labels(wanted), out_.unlabelled);
    std::map<size_t, std::pair<std::set<Arc>, std::set<Arc>>> by_label;
    for (const Arc& arc : found) by_label[std::get<2>(arc)].first.insert(arc);
    for (const Arc& arc : wanted) by_label[std::get<2>(arc)].second.insert(arc);
    for (const auto& [label, arcs] : by_label) {
      count(arcs.first, arcs.second, out_.per_label[label].second);
    }
  }

  DependencyScores take() { return std::move(out_); }

 private:
  static constexpr size_t kIgnored = static_cast<size_t>(-1);

  std::set<Arc> gold_arcs(const GoldDoc& gold) {
    std::set<Arc> arcs;
    for (uint32_t i = 0; i < gold.tokens.size(); ++i) {
      const TokenAnnotation& said = gold.tokens[i].said;
      if (said.dep == 0) {
        missing_.insert(i);
        continue;
      }
      const size_t label = number(said.dep);
      if (label != kIgnored) {
        arcs.emplace(i, static_cast<uint32_t>(static_cast<int32_t>(i) + said.head), label);
      }
    }
    return arcs;
  }

  std::set<Arc> predicted_arcs(const Scored& pair) {
    const Doc& doc = *pair.predicted;
    const std::vector<TokenRange> to_gold = align(doc, *pair.gold).to_reference;
    std::set<Arc> arcs;
    for (uint32_t i = 0; i < doc.size(); ++i) {
      if (doc[i].lex->is(Attr::kIsSpace)) continue;
      const TokenRange own = to_gold[i];
      if (own.size() == 1 && missing_.contains(own.first)) continue;
      const auto head = static_cast<size_t>(static_cast<int32_t>(i) + doc[i].head);
      const bool is_aligned = own.size() == 1 && to_gold[head].size() == 1;
      if (!is_aligned) {
        if (is_ignored(doc[i].dep)) continue;
        ++out_.unlabelled.fp;
        ++out_.labelled.fp;
        continue;
      }
      const size_t label = number(doc[i].dep);
      if (label != kIgnored) arcs.emplace(own.first, to_gold[head].first, label);
    }
    return arcs;
  }

  std::string name(StringId dep) const {
    return dep == 0 ? std::string() : unicode::lower(strings_->at(dep));
  }
  bool is_ignored(StringId dep) const {
    const std::string label = name(dep);
    return label == "p" || label == "punct";
  }

  // The label's place in out_.per_label.
  size_t number(StringId dep) {
    const auto known = numbers_.find(dep);
    if (known != numbers_.end()) return known->second;
    size_t at = kIgnored;
    if (!is_ignored(dep)) {
      const std::string label = name(dep);
      const auto found = std::find_if(out_.per_label.begin(), out_.per_label.end(),
                                      [&](const auto& entry) { return entry.first == label; });
      at = static_cast<size_t>(found - out_.per_label.begin());
      if (found == out_.per_label.end()) out_.per_label.emplace_back(label, Prf());
    }
    numbers_.emplace(dep, at);
    return at;
  }

  DependencyScores out_;
  const StringStore* strings_ = nullptr;
  std::map<StringId, size_t> numbers_;
  std::set<uint32_t> missing_;
};

// What spaCy compares of two spans: without blanks, in lower case.
std::string comparable(std::string_view text) {
  std::string out = unicode::lower(text);
  std::erase(out, ' ');
  std::u32string points = utf8::decode(out);
  const auto is_blank = [](char32_t c) { return (unicode::flags(c) & unicode::kSpace) != 0; };
  while (!points.empty() && is_blank(points.back())) points.pop_back();
  const auto first = std::find_if_not(points.begin(), points.end(), is_blank);
  return utf8::encode(std::u32string(first, points.end()));
}

std::string gold_text(const GoldDoc& gold, const std::vector<size_t>& offsets, uint32_t first,
                      uint32_t last) {
  const size_t from = offsets[gold.tokens[first].start];
  return gold.text.substr(from, offsets[gold.tokens[last].end] - from);
}

std::set<Span2> predicted_sentences(const Scored& pair) {
  const Doc& doc = *pair.predicted;
  std::set<Span2> out;
  if (!doc.has_annotation(Attr::kSentStart)) return out;
  const std::vector<TokenRange> to_gold = align(doc, *pair.gold).to_reference;
  std::vector<size_t> offsets;
  for (size_t at = 0; at < pair.gold->text.size(); utf8::next(pair.gold->text, at)) {
    offsets.push_back(at);
  }
  offsets.push_back(pair.gold->text.size());
  std::set<uint32_t> seen;
  for (const Span& sentence : doc.sentences()) {
    std::vector<uint32_t> tokens;
    for (uint32_t i = sentence.start; i < sentence.end; ++i) {
      for (uint32_t y = to_gold[i].first; y < to_gold[i].last; ++y) {
        if (!seen.contains(y)) tokens.push_back(y);
      }
    }
    if (tokens.empty()) continue;
    const std::string theirs = gold_text(*pair.gold, offsets, tokens.front(), tokens.back());
    const std::string ours = doc.span_text(sentence.start, sentence.end);
    if (comparable(theirs) != comparable(ours)) continue;
    out.emplace(tokens.front(), tokens.back());
    seen.insert(tokens.begin(), tokens.end());
  }
  return out;
}

}  // namespace

DependencyScores score_dependencies(std::span<const Scored> pairs) {
  DependencyCounter counter;
  for (const Scored& pair : pairs) counter.add(pair);
  return counter.take();
}

Prf score_sentences(std::span<const Scored> pairs) {
  Prf score;
  for (const Scored& pair : pairs) {
    if (!pair.gold->has_annotation(Attr::kSentStart)) continue;
    std::set<Span2> wanted;
    for (const Span& sentence : pair.gold->sentences()) {
      wanted.emplace(sentence.start, sentence.end - 1);
    }
    count(predicted_sentences(pair), wanted, score);
  }
  return score;
}

Json parse_scores_json(std::span<const Scored> pairs) {
  const DependencyScores scores = score_dependencies(pairs);
  const bool any = scores.unlabelled.total() > 0;
  Json out = Json::object();
  out["dep_uas"] = any ? Json(scores.unlabelled.fscore()) : Json();
  out["dep_las"] = any ? Json(scores.labelled.fscore()) : Json();
  Json types = any ? Json::object() : Json();
  for (const auto& [label, score] : scores.per_label) {
    if (any) types[label] = prf_json(score);
  }
  out["dep_las_per_type"] = std::move(types);
  const Json sentences = sentence_scores_json(pairs);
  for (const auto& [key, value] : sentences.as_object()) out[key] = value;
  return out;
}

Json sentence_scores_json(std::span<const Scored> pairs) {
  const Prf score = score_sentences(pairs);
  const bool any = score.total() > 0;
  Json out = Json::object();
  out["sents_p"] = any ? Json(score.precision()) : Json();
  out["sents_r"] = any ? Json(score.recall()) : Json();
  out["sents_f"] = any ? Json(score.fscore()) : Json();
  return out;
}

}  // namespace pawl

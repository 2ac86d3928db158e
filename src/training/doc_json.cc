#include "training/doc_json.h"

#include <algorithm>

namespace pawl {

namespace {

Json range_json(uint32_t start, uint32_t end) {
  Json out = Json::object();
  out["start"] = static_cast<int64_t>(start);
  out["end"] = static_cast<int64_t>(end);
  return out;
}

bool has_entities(const Doc& doc) {
  return doc.size() == 0 ||
         std::any_of(doc.tokens().begin(), doc.tokens().end(),
                     [](const Token& token) { return token.ent_iob != EntIob::kMissing; });
}

// The first token always begins a sentence; what the others say decides whether borders are known.
bool has_sentences(const Doc& doc) {
  return doc.size() < 2 || std::any_of(
                               doc.tokens().begin() + 1, doc.tokens().end(),
                               [](const Token& token) { return token.sent_start != 0; });
}

Json entities_json(const Doc& doc) {
  Json out = Json::array();
  for (const Span& span : doc.entities()) {
    Json entity = range_json(doc[span.start].idx, doc[span.end - 1].end());
    entity["label"] = doc.vocab().strings().at(span.label);
    out.push_back(std::move(entity));
  }
  return out;
}

Json sentences_json(const Doc& doc) {
  Json out = Json::array();
  for (size_t start = 0; start < doc.size();) {
    size_t end = start + 1;
    while (end < doc.size() && doc[end].sent_start != 1) ++end;
    out.push_back(range_json(doc[start].idx, doc[end - 1].end()));
    start = end;
  }
  return out;
}

}  // namespace

Json doc_to_json(const Doc& doc) {
  Json out = Json::object();
  out["text"] = doc.text();
  if (has_entities(doc)) out["ents"] = entities_json(doc);
  if (has_sentences(doc)) out["sents"] = sentences_json(doc);
  if (!doc.cats().empty()) {
    Json cats = Json::object();
    for (const auto& [label, score] : doc.cats()) cats[label] = static_cast<double>(score);
    out["cats"] = std::move(cats);
  }
  Json tokens = Json::array();
  for (size_t i = 0; i < doc.size(); ++i) {
    Json token = Json::object();
    token["id"] = static_cast<int64_t>(i);
    token["start"] = static_cast<int64_t>(doc[i].idx);
    token["end"] = static_cast<int64_t>(doc[i].end());
    tokens.push_back(std::move(token));
  }
  out["tokens"] = std::move(tokens);
  return out;
}

}  // namespace pawl

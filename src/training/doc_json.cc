#include "training/doc_json.h"

#include <limits>

#include "base/error.h"
#include "base/utf8.h"
#include "text/morphology.h"

namespace pawl {

namespace {

Json range_json(uint32_t start, uint32_t end) {
  Json out = Json::object();
  out["start"] = static_cast<int64_t>(start);
  out["end"] = static_cast<int64_t>(end);
  return out;
}

Json span_json(const Doc& doc, const Span& span) {
  Json out = range_json(doc[span.start].idx, doc[span.end - 1].end());
  out["label"] = doc.vocab().strings().at(span.label);
  return out;
}

Json entities_json(const Doc& doc) {
  Json out = Json::array();
  for (const Span& span : doc.entities()) out.push_back(span_json(doc, span));
  return out;
}

Json sentences_json(const Doc& doc) {
  Json out = Json::array();
  for (const Span& span : doc.sentences())
    out.push_back(range_json(doc[span.start].idx, doc[span.end - 1].end()));
  return out;
}

class TokensJson {
 public:
  explicit TokensJson(const Doc& doc)
      : doc_(doc),
        tag_(doc.has_annotation(Attr::kTag)),
        pos_(doc.has_annotation(Attr::kPos)),
        morph_(doc.has_annotation(Attr::kMorph)),
        lemma_(doc.has_annotation(Attr::kLemma)),
        dep_(doc.has_annotation(Attr::kDep)) {}

  Json operator()(size_t i) const {
    const StringStore& strings = doc_.vocab().strings();
    const Token& from = doc_[i];
    Json token = Json::object();
    token["id"] = static_cast<int64_t>(i);
    token["start"] = static_cast<int64_t>(from.idx);
    token["end"] = static_cast<int64_t>(from.end());
    if (tag_) token["tag"] = strings.at(from.tag);
    if (pos_) token["pos"] = strings.at(from.pos);
    if (morph_) token["morph"] = morph_text(from.morph, strings);
    if (lemma_) token["lemma"] = doc_.string(from.lemma);
    if (dep_) {
      token["dep"] = strings.at(from.dep);
      token["head"] = static_cast<int64_t>(i) + (from.dep == 0 ? 0 : from.head);
    }
    return token;
  }

 private:
  const Doc& doc_;
  bool tag_, pos_, morph_, lemma_, dep_;
};

Json spans_json(const Doc& doc) {
  Json out = Json::object();
  for (const SpanGroup& group : doc.spans()) {
    Json spans = Json::array();
    for (const Span& span : group.spans) {
      Json item = span_json(doc, span);
      item["kb_id"] = doc.vocab().strings().at(span.kb_id);
      spans.push_back(std::move(item));
    }
    out[group.name] = std::move(spans);
  }
  return out;
}

[[noreturn]] void wrong(const std::string& what) {
  throw Error(ErrorKind::kFormat, "a document in JSON: " + what);
}

uint32_t offset(const Json& record, const char* key) {
  const int64_t value = record.at(key).as_int();
  if (value < 0 || value > std::numeric_limits<int32_t>::max())
    wrong(std::string("\"") + key + "\" is out of range");
  return static_cast<uint32_t>(value);
}

// Reads what doc_to_json writes.
class Reader {
 public:
  Reader(const Json& document, StringStore& strings) : document_(document), strings_(strings) {}

  GoldDoc run() {
    gold_.text = document_.at("text").as_string();
    length_ = static_cast<uint32_t>(utf8::count(gold_.text));
    for (const Json& token : document_.at("tokens").as_array()) read_token(token);
    if (gold_.has_annotation(Attr::kDep)) {
      take_sentences_from_heads();
    } else if (const Json* sentences = document_.find("sents")) {
      for (const Json& sentence : sentences->as_array()) read_sentence(sentence);
    }
    if (const Json* entities = document_.find("ents")) read_entities(*entities);
    if (const Json* groups = document_.find("spans")) read_groups(*groups);
    if (const Json* cats = document_.find("cats")) {
      for (const auto& [label, score] : cats->as_object())
        gold_.cats.emplace_back(
            label, static_cast<float>(score.is_bool() ? score.as_bool() : score.as_double()));
    }
    return std::move(gold_);
  }

 private:
  StringId label(const Json& record, const char* key) {
    const Json* value = record.find(key);
    return value ? strings_.add(value->as_string()) : 0;
  }

  void read_token(const Json& record) {
    const size_t i = gold_.tokens.size();
    const uint32_t start = offset(record, "start"), end = offset(record, "end");
    if (end <= start || end > length_ || (i > 0 && start < gold_.tokens.back().end))
      wrong("token " + std::to_string(i) + " is empty, overlaps or ends behind the text");
    GoldToken token{start, end, EntIob::kMissing, {}};
    token.said.tag = label(record, "tag");
    token.said.pos = label(record, "pos");
    token.said.lemma = label(record, "lemma");
    token.said.dep = label(record, "dep");
    if (const Json* morph = record.find("morph"))
      token.said.morph = add_morph(morph->as_string(), strings_);
    if (record.find("head")) {
      const int64_t head = offset(record, "head");
      if (head >= static_cast<int64_t>(document_.at("tokens").as_array().size()))
        wrong("the head of token " + std::to_string(i) + " is not in the text");
      token.said.head = static_cast<int32_t>(head - static_cast<int64_t>(i));
    }
    gold_.tokens.push_back(token);
  }

  void take_sentences_from_heads() {
    std::vector<int32_t> heads;
    std::vector<uint8_t> known;
    for (const GoldToken& token : gold_.tokens) {
      heads.push_back(token.said.head);
      known.push_back(token.said.dep != 0);
    }
    const std::vector<int8_t> starts = sentence_starts(heads, known);
    for (size_t i = 0; i < starts.size(); ++i) gold_.tokens[i].said.sent_start = starts[i];
  }

  Span read_range(const Json& record, const char* what) const {
    const uint32_t start = offset(record, "start"), end = offset(record, "end");
    const auto [first, last] = covering_tokens(gold_.tokens, start, end);
    if (first == last || gold_.tokens[first].start != start || gold_.tokens[last - 1].end != end)
      wrong(std::string(what) + " from " + std::to_string(start) + " to " + std::to_string(end) +
            " does not begin and end with tokens");
    return {first, last, 0};
  }

  void read_sentence(const Json& record) {
    const Span span = read_range(record, "the sentence");
    for (uint32_t i = span.start; i < span.end; ++i)
      gold_.tokens[i].said.sent_start = i == span.start ? 1 : -1;
  }

  void read_entities(const Json& entities) {
    for (GoldToken& token : gold_.tokens) token.ent_iob = EntIob::kOutside;
    for (const Json& entity : entities.as_array()) {
      Span span = read_range(entity, "the entity");
      span.label = strings_.add(entity.at("label").as_string());
      if (!gold_.entities.empty() && span.start < gold_.entities.back().end)
        wrong("entities overlap or are not sorted");
      for (uint32_t i = span.start; i < span.end; ++i)
        gold_.tokens[i].ent_iob = i == span.start ? EntIob::kBegin : EntIob::kInside;
      gold_.entities.push_back(span);
    }
  }

  void read_groups(const Json& groups) {
    for (const auto& [name, spans] : groups.as_object()) {
      SpanGroup group{name, {}, {}};
      for (const Json& record : spans.as_array()) {
        Span span = read_range(record, "the span");
        span.label = strings_.add(record.at("label").as_string());
        span.kb_id = label(record, "kb_id");
        group.spans.push_back(span);
      }
      gold_.spans.push_back(std::move(group));
    }
  }

  const Json& document_;
  StringStore& strings_;
  GoldDoc gold_;
  uint32_t length_ = 0;
};

}  // namespace

namespace {

// What stands before the tokens.
Json without_tokens(const Doc& doc) {
  Json out = Json::object();
  out["text"] = doc.text();
  if (doc.has_annotation(Attr::kEntIob)) out["ents"] = entities_json(doc);
  if (doc.has_annotation(Attr::kSentStart)) out["sents"] = sentences_json(doc);
  if (!doc.cats().empty()) {
    Json cats = Json::object();
    for (const auto& [label, score] : doc.cats()) cats[label] = static_cast<double>(score);
    out["cats"] = std::move(cats);
  }
  return out;
}

}  // namespace

Json doc_to_json(const Doc& doc) {
  Json out = without_tokens(doc);
  const TokensJson token(doc);
  Json tokens = Json::array();
  for (size_t i = 0; i < doc.size(); ++i) tokens.push_back(token(i));
  out["tokens"] = std::move(tokens);
  if (!doc.spans().empty()) out["spans"] = spans_json(doc);
  return out;
}

std::string doc_json_line(const Doc& doc) {
  constexpr size_t kSample = 1024;  // tokens that tell how long the line of a long text will be
  std::string out = to_json(without_tokens(doc));
  out.pop_back();
  out += ",\"tokens\":[";
  const TokensJson token(doc);
  for (size_t i = 0; i < doc.size(); ++i) {
    if (i > 0) out += ',';
    if (i == kSample) out.reserve(out.size() / kSample * (doc.size() + kSample));
    append_json(out, token(i));
  }
  out += ']';
  if (!doc.spans().empty()) {
    out += ",\"spans\":";
    append_json(out, spans_json(doc));
  }
  out += '}';
  return out;
}

GoldDoc doc_from_json(const Json& document, StringStore& strings) {
  return Reader(document, strings).run();
}

}  // namespace pawl

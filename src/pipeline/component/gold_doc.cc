#include "pipeline/component/gold_doc.h"

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/utf8.h"

namespace pawl {
namespace {

[[noreturn]] void bad_token(size_t i) {
  throw Error(ErrorKind::kInvalidInput,
              "token " + std::to_string(i) +
                  " does not follow the one before it in the text, with at most one blank between");
}

// Whether a blank follows token i; checks that the next one stands where it must.
bool followed_by_blank(const GoldDoc& gold, const std::vector<uint32_t>& offsets, size_t i) {
  const auto length = static_cast<uint32_t>(offsets.size() - 1);
  const GoldToken& token = gold.tokens[i];
  if (token.start >= token.end || token.end > length) bad_token(i);
  const bool last = i + 1 == gold.tokens.size();
  const uint32_t next = last ? length : gold.tokens[i + 1].start;
  const bool blank = token.end < length && gold.text[offsets[token.end]] == ' ' && next > token.end;
  if (next != token.end + blank) bad_token(i + !last);
  return blank;
}

}  // namespace

bool GoldDoc::has_entities() const {
  return std::any_of(tokens.begin(), tokens.end(),
                     [](const GoldToken& token) { return token.ent_iob != EntIob::kMissing; });
}

uint64_t GoldDoc::value(size_t token, Attr attr) const {
  const TokenAnnotation& said = tokens[token].said;
  switch (attr) {
    case Attr::kNorm:
      return said.norm;
    case Attr::kTag:
      return said.tag;
    case Attr::kPos:
      return said.pos;
    case Attr::kMorph:
      return said.morph;
    case Attr::kLemma:
      return said.lemma;
    case Attr::kDep:
      return said.dep;
    case Attr::kHead:
      return static_cast<uint64_t>(said.head);
    case Attr::kSentStart:
      return static_cast<uint64_t>(said.sent_start);
    case Attr::kEntIob:
      return static_cast<uint64_t>(tokens[token].ent_iob);
    case Attr::kEntKbId:
      return said.ent_kb_id;
    case Attr::kEntId:
      return said.ent_id;
    default:
      throw Error(ErrorKind::kInternal, "no reference has " + std::string(attr_name(attr)));
  }
}

bool GoldDoc::has_annotation(Attr attr, bool complete) const {
  if (tokens.empty()) return true;
  if (attr == Attr::kHead) attr = Attr::kDep;
  const size_t first = attr == Attr::kSentStart ? 1 : 0;
  if (first == tokens.size()) return true;
  for (size_t i = first; i < tokens.size(); ++i) {
    if ((value(i, attr) != 0) != complete) return !complete;
  }
  return complete;
}

std::vector<Span> GoldDoc::sentences() const {
  std::vector<Span> out;
  for (uint32_t i = 0; i < tokens.size(); ++i) {
    if (i == 0 || tokens[i].said.sent_start == 1) out.push_back({i, i, 0});
    out.back().end = i + 1;
  }
  return out;
}

std::string GoldDoc::token_text(size_t token) const {
  size_t from = 0;
  uint32_t at = 0;
  for (; at < tokens[token].start; ++at) utf8::next(text, from);
  size_t to = from;
  for (; at < tokens[token].end; ++at) utf8::next(text, to);
  return text.substr(from, to - from);
}

GoldDoc gold_of(const Doc& doc) {
  GoldDoc gold;
  gold.text = doc.text();
  for (const Token& token : doc.tokens()) {
    gold.tokens.push_back({token.idx, token.end(), token.ent_iob, token});
    // An empty label under B is spaCy's mark for a blocked token: known to be outside.
    if (token.ent_iob == EntIob::kBegin && token.ent_type == 0)
      gold.tokens.back().ent_iob = EntIob::kOutside;
  }
  gold.entities = doc.entities();
  gold.cats = doc.cats();
  gold.spans = doc.spans();
  return gold;
}

Doc doc_of(const GoldDoc& gold, const Vocab& vocab) {
  Doc doc(vocab, gold.text);
  const std::vector<uint32_t> offsets = utf8::offsets(gold.text);
  auto arena = std::make_shared<LexemeArena>();
  for (size_t i = 0; i < gold.tokens.size(); ++i) {
    const GoldToken& from = gold.tokens[i];
    const bool blank = followed_by_blank(gold, offsets, i);
    Token token;
    static_cast<TokenAnnotation&>(token) = from.said;
    const size_t at = offsets[from.start];
    token.lex = &vocab.get_transient(std::string_view(gold.text).substr(at, offsets[from.end] - at),
                                     *arena);
    if (token.norm == 0) token.norm = token.lex->norm;
    token.idx = from.start;
    token.spacy = blank;
    token.ent_iob = from.ent_iob;
    doc.tokens().push_back(token);
  }
  for (const Span& span : gold.entities) {
    for (uint32_t i = span.start; i < span.end; ++i) doc[i].ent_type = span.label;
  }
  for (const auto& [label, score] : gold.cats) doc.set_cat(label, score);
  for (const SpanGroup& group : gold.spans) doc.set_spans(group);
  doc.keep(std::move(arena));
  return doc;
}

std::pair<uint32_t, uint32_t> covering_tokens(const std::vector<GoldToken>& tokens, uint32_t start,
                                              uint32_t end) {
  const auto first = std::partition_point(
      tokens.begin(), tokens.end(), [&](const GoldToken& token) { return token.end <= start; });
  auto last = first;
  while (last != tokens.end() && last->start < end) ++last;
  if (first == last) return {0, 0};
  return {static_cast<uint32_t>(first - tokens.begin()),
          static_cast<uint32_t>(last - tokens.begin())};
}

}  // namespace pawl

#include "text/doc.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "text/lex_attrs.h"

namespace pawl {
namespace {

[[noreturn]] void bad_entity(const Span& span, const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, "the entity of tokens " + std::to_string(span.start) +
                                            " to " + std::to_string(span.end) + " " + what);
}

size_t byte_of_code_point(std::string_view text, size_t count, size_t from = 0) {
  size_t at = from;
  while (count > 0 && at < text.size()) {
    utf8::next(text, at);
    --count;
  }
  return at;
}

}  // namespace

StringId Doc::add_string(std::string_view text) {
  StringStore& strings = vocab_->strings();
  if (!vocab_->is_full()) return strings.intern(text).first;
  const StringId id = string_id(text);
  if (!strings.contains(id)) own_strings_.try_emplace(id, text);
  return id;
}

const std::string* Doc::find_own_string(StringId id) const {
  const auto own = own_strings_.find(id);
  return own == own_strings_.end() ? nullptr : &own->second;
}

const std::string& Doc::string(StringId id) const {
  const std::string* own = find_own_string(id);
  return own != nullptr ? *own : vocab_->strings().at(id);
}

uint64_t Doc::attr(size_t i, Attr attr) const {
  const Token& token = tokens_[i];
  switch (attr) {
    case Attr::kOrth:
      return token.lex->orth;
    case Attr::kLower:
      return token.lex->lower;
    case Attr::kNorm:
      return token.norm;
    case Attr::kShape:
      return token.lex->shape;
    case Attr::kPrefix:
      return token.lex->prefix;
    case Attr::kSuffix:
      return token.lex->suffix;
    case Attr::kSpacy:
      return token.spacy;
    case Attr::kLength:
      return token.lex->length;
    case Attr::kEntIob:
      return static_cast<uint64_t>(token.ent_iob);
    case Attr::kEntType:
      return token.ent_type;
    case Attr::kTag:
      return token.tag;
    case Attr::kPos:
      return token.pos;
    case Attr::kMorph:
      return token.morph;
    case Attr::kLemma:
      return token.lemma;
    case Attr::kDep:
      return token.dep;
    case Attr::kHead:
      return static_cast<uint64_t>(token.head);
    case Attr::kSentStart:
      return static_cast<uint64_t>(token.sent_start);
    case Attr::kEntKbId:
      return token.ent_kb_id;
    case Attr::kEntId:
      return token.ent_id;
    case Attr::kIsBracket:
      return is_bracket(*token.lex->text);
    case Attr::kIsQuote:
      return is_quote(*token.lex->text);
    case Attr::kIsLeftPunct:
      return is_left_punct(*token.lex->text);
    case Attr::kIsRightPunct:
      return is_right_punct(*token.lex->text);
    case Attr::kIsCurrency:
      return is_currency(*token.lex->text);
    default:
      return token.lex->is(attr);
  }
}

bool Doc::has_annotation(Attr attr, bool complete) const {
  if (tokens_.empty()) return true;
  if (attr == Attr::kHead) attr = Attr::kDep;
  size_t first = 0;
  if (attr == Attr::kSentStart) {
    if (tokens_.size() == 1) return true;
    first = 1;  // the first token always begins a sentence
  }
  for (size_t i = first; i < tokens_.size(); ++i) {
    if ((this->attr(i, attr) != 0) != complete) return !complete;
  }
  return complete;
}

std::vector<Span> Doc::sentences() const {
  std::vector<Span> out;
  for (uint32_t i = 0; i < tokens_.size(); ++i) {
    if (i == 0 || tokens_[i].sent_start == 1) out.push_back({i, i, 0});
    out.back().end = i + 1;
  }
  return out;
}

const SpanGroup* Doc::find_spans(std::string_view name) const {
  for (const SpanGroup& group : spans_) {
    if (group.name == name) return &group;
  }
  return nullptr;
}

void Doc::set_spans(SpanGroup group) {
  for (SpanGroup& known : spans_) {
    if (known.name != group.name) continue;
    known = std::move(group);
    return;
  }
  spans_.push_back(std::move(group));
}

std::vector<Span> Doc::entities() const {
  std::vector<Span> out;
  bool open = false;
  for (uint32_t i = 0; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    if (token.ent_iob == EntIob::kInside) {
      if (open) out.back().end = i + 1;
    } else {
      open = token.ent_iob == EntIob::kBegin && token.ent_type != 0;
      if (open) out.push_back({i, i + 1, token.ent_type, token.ent_kb_id, token.ent_id});
    }
  }
  return out;
}

void Doc::set_entities(std::span<const Span> entities) {
  std::vector<bool> seen(tokens_.size());
  for (const Span& span : entities) {
    if (span.start >= span.end || span.end > tokens_.size()) bad_entity(span, "is not in the text");
    for (uint32_t i = span.start; i < span.end; ++i) {
      if (seen[i]) bad_entity(span, "overlaps another one");
      seen[i] = true;
    }
  }
  for (Token& token : tokens_) {
    token.ent_iob = EntIob::kOutside;
    token.ent_type = token.ent_kb_id = token.ent_id = 0;
  }
  for (const Span& span : entities) {
    if (span.label == 0) continue;
    for (uint32_t i = span.start; i < span.end; ++i) {
      tokens_[i].ent_iob = i == span.start ? EntIob::kBegin : EntIob::kInside;
      tokens_[i].ent_type = span.label;
      tokens_[i].ent_kb_id = span.kb_id;
      tokens_[i].ent_id = span.id;
    }
  }
}

void Doc::set_cat(const std::string& label, float score) {
  for (auto& [name, value] : cats_) {
    if (name == label) {
      value = score;
      return;
    }
  }
  cats_.emplace_back(label, score);
}

std::pair<uint32_t, uint32_t> Doc::char_span(uint32_t start, uint32_t end) const {
  const auto first =
      std::lower_bound(tokens_.begin(), tokens_.end(), start,
                       [](const Token& token, uint32_t at) { return token.idx < at; });
  if (first == tokens_.end() || first->idx != start || end <= start) return {0, 0};
  const auto last = std::lower_bound(
      first, tokens_.end(), end, [](const Token& token, uint32_t at) { return token.end() < at; });
  if (last == tokens_.end() || last->end() != end) return {0, 0};
  return {static_cast<uint32_t>(first - tokens_.begin()),
          static_cast<uint32_t>(last - tokens_.begin()) + 1};
}

std::string Doc::span_text(uint32_t start, uint32_t end) const {
  if (start >= end) return {};
  const size_t from = byte_of_code_point(text_, tokens_[start].idx);
  const size_t length = tokens_[end - 1].end() - tokens_[start].idx;
  return text_.substr(from, byte_of_code_point(text_, length, from) - from);
}

}  // namespace pawl

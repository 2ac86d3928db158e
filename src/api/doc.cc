#include <algorithm>

#include "api/pipeline_impl.h"
#include "base/error.h"
#include "text/lex_attrs.h"
#include "text/morphology.h"
#include "text/unicode.h"
#include "training/doc_json.h"
#include "training/docbin.h"

namespace pawl::v1 {
namespace {

const pawl::Doc& inner(const void* doc) {
  return *static_cast<const pawl::Doc*>(doc);
}

const pawl::Token& token_of(const void* doc, size_t i) {
  return inner(doc)[i];
}

std::string string_of(const void* doc, StringId id) {
  return id == 0 ? std::string() : inner(doc).string(id);
}

// The strings that the reference made of a document needs.
void add_strings(const GoldDoc& gold, const pawl::Doc& doc, StringStore& to) {
  const Vocab& vocab = doc.vocab();
  const StringStore& from = vocab.strings();
  const auto add = [&](StringId id) {
    if (const std::string* own = doc.find_own_string(id))
      to.add(*own);
    else if (id != 0 && from.contains(id))
      to.add(from.at(id));
  };
  for (size_t i = 0; i < gold.tokens.size(); ++i) {
    const TokenAnnotation& a = gold.tokens[i].said;
    for (const StringId id : {a.tag, a.pos, a.morph, a.lemma, a.dep, a.ent_kb_id, a.ent_id})
      add(id);
    if (from.contains(a.norm)) {
      add(a.norm);
    } else {
      to.add(vocab.norm_of(gold.token_text(i)));
    }
  }
  const auto add_span = [&](const pawl::Span& span) {
    for (const StringId id : {span.label, span.kb_id, span.id}) add(id);
  };
  for (const auto& span : gold.entities) add_span(span);
  for (const auto& group : gold.spans)
    std::for_each(group.spans.begin(), group.spans.end(), add_span);
}

}  // namespace

std::string_view Token::text() const {
  return *token_of(doc_, i_).lex->text;
}
bool Token::has_space() const {
  return token_of(doc_, i_).spacy;
}
uint32_t Token::start() const {
  return token_of(doc_, i_).idx;
}
uint32_t Token::end() const {
  return token_of(doc_, i_).end();
}
std::string Token::lower() const {
  return unicode::lower(text());
}
// Forms that a full vocabulary has no room for keep no strings in it.
std::string Token::norm() const {
  const pawl::Token& token = token_of(doc_, i_);
  const Vocab& vocab = inner(doc_).vocab();
  return vocab.strings().contains(token.norm) ? vocab.strings().at(token.norm)
                                              : vocab.norm_of(text());
}
std::string Token::shape() const {
  return word_shape(text());
}
std::string Token::prefix() const {
  return std::string(prefix_of(text()));
}
std::string Token::suffix() const {
  return std::string(suffix_of(text()));
}

#define PAWL_TOKEN_FLAG(name, attr)                      \
  bool Token::name() const {                             \
    return token_of(doc_, i_).lex->is(pawl::Attr::attr); \
  }
PAWL_TOKEN_FLAG(is_alpha, kIsAlpha)
PAWL_TOKEN_FLAG(is_ascii, kIsAscii)
PAWL_TOKEN_FLAG(is_digit, kIsDigit)
PAWL_TOKEN_FLAG(is_lower, kIsLower)
PAWL_TOKEN_FLAG(is_upper, kIsUpper)
PAWL_TOKEN_FLAG(is_title, kIsTitle)
PAWL_TOKEN_FLAG(is_punct, kIsPunct)
PAWL_TOKEN_FLAG(is_space, kIsSpace)
PAWL_TOKEN_FLAG(is_stop, kIsStop)
PAWL_TOKEN_FLAG(like_num, kLikeNum)
PAWL_TOKEN_FLAG(like_url, kLikeUrl)
PAWL_TOKEN_FLAG(like_email, kLikeEmail)
#undef PAWL_TOKEN_FLAG

std::string_view Token::ent_iob() const {
  constexpr std::string_view kNames[] = {"", "I", "O", "B"};
  return kNames[static_cast<size_t>(token_of(doc_, i_).ent_iob)];
}
std::string_view Token::ent_type() const {
  const pawl::Token& token = token_of(doc_, i_);
  if (token.ent_type == 0) return "";
  return inner(doc_).vocab().strings().at(token.ent_type);
}

std::string Token::tag() const {
  return string_of(doc_, token_of(doc_, i_).tag);
}
std::string Token::pos() const {
  return string_of(doc_, token_of(doc_, i_).pos);
}
std::string Token::morph() const {
  return morph_text(token_of(doc_, i_).morph, inner(doc_).vocab().strings());
}
std::string Token::lemma() const {
  return string_of(doc_, token_of(doc_, i_).lemma);
}
std::string Token::dep() const {
  return string_of(doc_, token_of(doc_, i_).dep);
}
size_t Token::head() const {
  return static_cast<size_t>(static_cast<int64_t>(i_) + token_of(doc_, i_).head);
}

uint32_t Span::start_char() const {
  return token_of(doc_, start_).idx;
}
uint32_t Span::end_char() const {
  return token_of(doc_, end_ - 1).end();
}
std::string Span::text() const {
  return inner(doc_).span_text(static_cast<uint32_t>(start_), static_cast<uint32_t>(end_));
}

const std::string& Doc::text() const {
  return impl_->doc.text();
}
size_t Doc::size() const {
  return impl_->doc.size();
}
Token Doc::operator[](size_t i) const {
  return {&impl_->doc, i};
}

std::vector<Span> Doc::Impl::views(std::span<const pawl::Span> spans) const {
  std::vector<Span> out;
  for (const pawl::Span& span : spans)
    out.push_back({&doc, span.start, span.end, string_of(&doc, span.label)});
  return out;
}

std::vector<Span> Doc::ents() const {
  return impl_->views(impl_->doc.entities());
}

std::vector<Span> Doc::sents() const {
  if (!impl_->doc.has_annotation(Attr::kSentStart)) return {};
  return impl_->views(impl_->doc.sentences());
}

std::vector<Span> Doc::spans(std::string_view group) const {
  const SpanGroup* found = impl_->doc.find_spans(group);
  return found == nullptr ? std::vector<Span>() : impl_->views(found->spans);
}

std::vector<std::string> Doc::span_groups() const {
  std::vector<std::string> names;
  for (const SpanGroup& group : impl_->doc.spans()) names.push_back(group.name);
  return names;
}

const std::vector<std::pair<std::string, float>>& Doc::cats() const {
  return impl_->doc.cats();
}

float Doc::cat(std::string_view label) const {
  for (const auto& [name, score] : cats()) {
    if (name == label) return score;
  }
  return 0;
}

Span Doc::char_span(uint32_t start, uint32_t end, std::string label) const {
  const auto [first, last] = impl_->doc.char_span(start, end);
  if (first == last) {
    throw Error(ErrorKind::kInvalidInput, "no tokens cover exactly the characters " +
                                              std::to_string(start) + " to " + std::to_string(end));
  }
  return {&impl_->doc, first, last, std::move(label)};
}

std::string Doc::to_json() const {
  return doc_json_line(impl_->doc);
}

std::string to_docbin(std::span<const Doc> docs) {
  StringStore strings;
  std::vector<GoldDoc> gold;
  gold.reserve(docs.size());
  for (const Doc& doc : docs) {
    gold.push_back(pawl::gold_of(doc.impl_->doc));
    add_strings(gold.back(), doc.impl_->doc, strings);
  }
  return write_docbin(gold, strings);
}

}  // namespace pawl::v1

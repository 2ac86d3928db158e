#include "text/special_cases.h"

#include <algorithm>

namespace pawl {
namespace {

// Longest first; of equal length the earlier one. Spans that share a border with a longer one go.
std::vector<Span> without_overlaps(std::vector<Span> spans, size_t size) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    const uint32_t length_a = a.end - a.start, length_b = b.end - b.start;
    return length_a != length_b ? length_a > length_b : a.start < b.start;
  });
  std::vector<bool> seen(size);
  std::vector<Span> out;
  for (const Span& span : spans) {
    if (!seen[span.start] && !seen[span.end - 1]) out.push_back(span);
    std::fill(seen.begin() + span.start, seen.begin() + span.end, true);
  }
  std::sort(out.begin(), out.end(), [](const Span& a, const Span& b) { return a.start < b.start; });
  return out;
}

std::string text_of(std::span<const Token> tokens) {
  std::string out;
  for (size_t i = 0; i < tokens.size(); ++i) {
    out += *tokens[i].lex->text;
    if (tokens[i].spacy && i + 1 < tokens.size()) out += ' ';
  }
  return out;
}

}  // namespace

void SpecialCases::add_sequence(const std::vector<StringId>& orths) {
  if (orths.empty()) return;
  roots_.set(orths.front() % kFilterBits);
  Node* node = &root_;
  for (const StringId orth : orths) {
    auto& next = node->next[orth];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  node->ends = true;
}

std::vector<Span> SpecialCases::matches(const std::vector<Token>& tokens,
                                        std::span<const uint32_t> starts) const {
  std::vector<Span> out;
  for (const uint32_t start : starts) {
    const Node* node = &root_;
    for (uint32_t at = start; at < tokens.size(); ++at) {
      const auto next = node->next.find(tokens[at].lex->orth);
      if (next == node->next.end()) break;
      node = next->second.get();
      if (node->ends) out.push_back({start, at + 1, 0});
    }
  }
  return out;
}

void SpecialCases::apply(Doc& doc, std::span<const uint32_t> starts) const {
  std::vector<Token>& tokens = doc.tokens();
  std::vector<Span> found = matches(tokens, starts);
  if (found.empty()) return;
  std::vector<Token> out;
  out.reserve(tokens.size() + found.size());
  size_t next = 0;
  for (const Span& span : without_overlaps(std::move(found), tokens.size())) {
    if (span.start < next) continue;
    const auto covered = std::span(tokens).subspan(span.start, span.end - span.start);
    const std::vector<Piece>* pieces = find(text_of(covered));
    if (!pieces) continue;
    out.insert(out.end(), tokens.begin() + static_cast<ptrdiff_t>(next),
               tokens.begin() + span.start);
    uint32_t idx = covered.front().idx;
    for (const Piece& piece : *pieces) {
      Token token;
      token.lex = piece.lex;
      token.norm = piece.norm;
      token.idx = idx;
      idx += piece.length;
      out.push_back(token);
    }
    out.back().spacy = covered.back().spacy;
    next = span.end;
  }
  out.insert(out.end(), tokens.begin() + static_cast<ptrdiff_t>(next), tokens.end());
  tokens = std::move(out);
}

}  // namespace pawl

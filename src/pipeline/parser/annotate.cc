#include "pipeline/parser/annotate.h"

namespace pawl {

void set_parse(const ArcEagerState& state, StringId root, Doc& doc) {
  int32_t i = 0;
  for (Token& token : doc.tokens()) {
    if (state.has_head(i)) {
      token.head = state.head(i) - i;
      token.dep = state.label(i);
    }
    if (token.head == 0) token.dep = root;
    ++i;
  }
  set_sentences_from_heads(doc);
}

void set_sentences_from_heads(Doc& doc) {
  thread_local std::vector<int32_t> heads;
  thread_local std::vector<uint8_t> known;
  heads.clear();
  known.clear();
  for (const Token& token : doc.tokens()) {
    heads.push_back(token.head);
    known.push_back(token.dep != 0);
  }
  const std::vector<int8_t> starts = sentence_starts(heads, known);
  for (size_t i = 0; i < starts.size(); ++i) doc[i].sent_start = starts[i];
}

}  // namespace pawl

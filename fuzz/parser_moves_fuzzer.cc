// The parser's `moves` file, and parses with the actions it names: what was written reads the same,
// and any sequence of valid actions ends. Bytes behind a zero byte choose the actions.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pipeline/parser/annotate.h"
#include "pipeline/parser/arc_eager.h"
#include "pipeline/parser/projectivity.h"
#include "pipeline/parser/state.h"

namespace {

using namespace pawl;

// A document with a token for each of the first bytes, sentence starts among them.
Doc make_doc(const Vocab& vocab, std::string_view bytes) {
  Doc doc(vocab, "");
  for (const char byte : bytes.substr(0, 40)) {
    Token token;
    token.lex = &vocab.get("a");
    token.sent_start = static_cast<int8_t>(byte % 7 == 1 ? 1 : byte % 7 == 2 ? -1 : 0);
    doc.tokens().push_back(token);
  }
  return doc;
}

void parse(const ArcEagerActions& actions, std::string_view choices, const Vocab& vocab) {
  Doc doc = make_doc(vocab, choices);
  ArcEagerState state(doc.tokens());
  size_t steps = 0;
  for (; !state.is_final(); ++steps) {
    const uint32_t moves = state.valid_moves();
    std::vector<ArcEagerAction> valid;
    for (const ArcEagerAction& action : actions.actions()) {
      if ((moves >> static_cast<int>(action.move)) & 1u) valid.push_back(action);
    }
    if (valid.empty()) {
      state.force_final();
      break;
    }
    const auto choice = static_cast<uint8_t>(choices[steps % choices.size()]);
    state.apply(valid[choice % valid.size()]);
    if (steps > 10 * doc.size()) std::abort();
  }
  set_parse(state, string_id("ROOT"), doc);
  deprojectivize(doc);
  for (size_t i = 0; i < doc.size(); ++i) {
    const int64_t head = static_cast<int64_t>(i) + doc[i].head;
    if (head < 0 || head >= static_cast<int64_t>(doc.size())) std::abort();
    if (doc[i].sent_start == 0) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(input.rfind('\0'), input.size());
  const std::string_view choices = end < size ? input.substr(end + 1) : input;
  static const Vocab vocab;
  StringStore& strings = vocab.strings();
  strings.add("ROOT");
  try {
    ArcEagerActions actions;
    actions.from_bytes(input.substr(0, end), "moves", strings);
    ArcEagerActions written, again;
    written.from_bytes(actions.to_bytes(), "moves", strings);
    if (written.size() != actions.size()) std::abort();
    again.from_bytes(written.to_bytes(), "moves", strings);
    if (again.actions() != written.actions()) std::abort();
    actions.add_label("NEW", strings);
    for (size_t i = 0; i < actions.size(); ++i) {
      if (actions.find(actions[i]) != static_cast<int>(i)) std::abort();
      actions.name(i, strings);
    }
    actions.labels();
    if (!choices.empty()) parse(actions, choices, vocab);
  } catch (const pawl::Error&) {
  }
  return 0;
}

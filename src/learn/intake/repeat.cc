#include "learn/intake/repeat.h"

#include "base/utf8.h"

namespace pawl::learn {

std::string apply_edits(const std::string& text, const std::vector<TextEdit>& edits) {
  const std::vector<uint32_t> offsets = utf8::offsets(text);
  std::string out;
  size_t done = 0;
  for (const TextEdit& edit : edits) {
    if (static_cast<size_t>(edit.end) >= offsets.size()) return out;
    const size_t start = offsets[static_cast<size_t>(edit.start)];
    out += text.substr(done, start - done) + "<" + edit.kind + ">";
    done = offsets[static_cast<size_t>(edit.end)];
  }
  return out + text.substr(done);
}

bool is_repeat(const TurnRecord& known, const TurnRecord& again, const std::string& said) {
  return known.conversation_id == again.conversation_id && known.user_id == again.user_id &&
         known.session_id == again.session_id &&
         (known.user_text == again.user_text || known.user_text == apply_edits(said, known.edits));
}

}  // namespace pawl::learn

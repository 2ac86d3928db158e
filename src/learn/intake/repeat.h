// Turns that are sent again: the same once more, another under the same id, or withdrawn.
#pragma once

#include <string>

#include "learn/intake/collect.h"

namespace pawl::learn {

// A text with stretches of code points replaced as these edits say: what the stored text would be,
// had it been this one. Edits beyond its end give something else than any stored text.
std::string apply_edits(const std::string& text, const std::vector<TextEdit>& edits);

// Whether a turn is the one that is stored already, apart from what was removed of it and what the
// store set itself. `again` is how it would be stored now, `said` its text.
bool is_repeat(const TurnRecord& known, const TurnRecord& again, const std::string& said);

}  // namespace pawl::learn

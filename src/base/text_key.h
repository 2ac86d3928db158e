// When two texts are the same utterance, and when they are near enough to share a split.
#pragma once

#include <string>
#include <string_view>

namespace pawl {

// Lower-cased (A to Z), white space folded, and without full stops, commas, semicolons and
// exclamation marks at the end of words: how something is said, not what. All other signs stay:
// C, C# and C++, ":)" and ":(" are different texts.
std::string normalize_text(std::string_view text);
// A digest of normalize_text(text): texts that share it are one example.
std::string text_key(std::string_view text);
// A digest of the text with all ASCII punctuation folded: texts that share it share a split. Of a
// text that is nothing but punctuation, its text_key().
std::string group_key(std::string_view text);

}  // namespace pawl

// Which examples train and which judge: decided once by a hash, for ever.
#pragma once

#include <string>
#include <string_view>

namespace pawl::learn {

enum class Split { kTrain, kSelect, kCertify };

std::string_view split_name(Split split);
Split split_from_name(std::string_view name);  // throws Error

// A hash of `key` (the conversation's id) gives kSelect to a quarter of `validation_split`,
// kCertify to the rest of it, kTrain to all others. Growing the share moves examples only out of
// kTrain's end of the range.
Split assign_split(std::string_view key, double validation_split);

// Lower-cased, white space and punctuation folded: texts that are the same utterance for learning's
// purposes.
std::string normalize_text(std::string_view text);
// A digest of normalize_text(text); equal texts share a split, whatever their conversations.
std::string text_key(std::string_view text);

}  // namespace pawl::learn

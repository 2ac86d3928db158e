// Which examples train and which judge: decided once by a hash, for ever.
#pragma once

#include <string>
#include <string_view>

#include "base/text_key.h"

namespace pawl::learn {

enum class Split { kTrain, kSelect, kCertify };

std::string_view split_name(Split split);
Split split_from_name(std::string_view name);  // throws Error

// A hash of `key` (the conversation's id, at a text's first appearance) gives kSelect to a quarter
// of `validation_split`, kCertify to the rest of it, kTrain to all others. Growing the share moves
// examples only out of kTrain's end of the range.
Split assign_split(std::string_view key, double validation_split);

using pawl::group_key;
using pawl::normalize_text;
using pawl::text_key;

}  // namespace pawl::learn

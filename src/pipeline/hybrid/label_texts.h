// What a label's name says, as text.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace pawl {

// The words of a label's name as a person would write them: without the prefix all labels share,
// case and separators turned into blanks. Empty for a name that has no words in it.
std::vector<std::string> label_texts(std::span<const std::string> labels);

}  // namespace pawl

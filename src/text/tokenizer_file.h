// The `tokenizer` file of a pipeline: msgpack of the patterns and special cases.
#pragma once

#include <string>
#include <string_view>

#include "text/tokenizer.h"

namespace pawl {

// Throws Error(kFormat) naming the key; Error(kUnsupported) for the file of another kind of
// tokenizer.
TokenizerRules parse_tokenizer_file(std::string_view bytes);
std::string tokenizer_file_bytes(const TokenizerRules& rules);

}  // namespace pawl

// spaCy's DocBin (.spacy files): zlib-compressed msgpack of token attributes, spaces, categories.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "training/gold.h"

namespace pawl {

struct DocBinLimits {
  size_t max_bytes = size_t{1} << 30;  // after decompression
  size_t max_ratio = 1032;  // deflate's own upper bound; less cannot be told from repetitive text
};

// Every document with all its annotations (of span groups their scores alone, no other attributes
// and no user data); their strings join `strings`. Throws
// Error(kFormat) naming `where` for anything malformed, truncated, over the limits or inconsistent,
// for invalid UTF-8 and unknown string ids.
std::vector<GoldDoc> read_docbin(std::string_view bytes, StringStore& strings,
                                 const std::string& where, const DocBinLimits& limits = {});

// The bytes spacy.tokens.DocBin().from_bytes() reads, with spaCy's default attributes, categories
// and span groups.
std::string write_docbin(std::span<const GoldDoc> docs, const StringStore& strings);

}  // namespace pawl

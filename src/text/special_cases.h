// A tokenizer's special cases: by their text, and as token sequences that the second pass looks
// for.
#pragma once

#include <bitset>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/chunk_cache.h"
#include "text/doc.h"

namespace pawl {

class SpecialCases {
 public:
  void add(const std::string& text, std::vector<Piece> pieces) {
    texts_.set(filter_bit(text));
    by_text_[text] = std::move(pieces);
  }
  // A special case that the first pass can miss; `orths` are its tokens without special cases.
  void add_sequence(const std::vector<StringId>& orths);

  // Null when this text is no special case.
  const std::vector<Piece>* find(std::string_view text) const {
    if (text.empty() || !texts_[filter_bit(text)]) return nullptr;
    const auto found = by_text_.find(text);
    return found == by_text_.end() ? nullptr : &found->second;
  }

  // Whether a sequence may begin with this token.
  bool may_start(StringId orth) const { return roots_[orth % kFilterBits]; }
  // The second pass, for sequences that begin at one of `starts` (ascending; every token of which
  // may_start holds): longest sequences first, the earlier of equal ones; a sequence whose text is
  // no special case (blanks between its tokens) stays as it is.
  void apply(Doc& doc, std::span<const uint32_t> starts) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return ChunkCache::hash(text); }
  };
  struct Node {
    std::unordered_map<StringId, std::unique_ptr<Node>> next;
    bool ends = false;
  };

  std::vector<Span> matches(const std::vector<Token>& tokens,
                            std::span<const uint32_t> starts) const;

  // Enough of a text to refuse most others.
  static size_t filter_bit(std::string_view text) {
    const auto byte = [&](size_t i) { return size_t{static_cast<unsigned char>(text[i])}; };
    const size_t ends = byte(0) * 131 + byte(text.size() / 2) * 31 + byte(text.size() - 1) * 7;
    return (ends * 17 + text.size()) % kFilterBits;
  }

  static constexpr size_t kFilterBits = size_t{1} << 14;
  std::unordered_map<std::string, std::vector<Piece>, Hash, std::equal_to<>> by_text_;
  Node root_;
  std::bitset<kFilterBits> roots_, texts_;
};

}  // namespace pawl

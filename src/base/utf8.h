// UTF-8: validation, decoding, and the map between byte and code point offsets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::utf8 {

inline constexpr size_t kValid = static_cast<size_t>(-1);
// What some programs write before the first line of a file.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The offset of the first byte that is not well-formed UTF-8 (surrogates and overlong forms are
// not), or kValid.
size_t find_invalid(std::string_view text);

// Decodes the code point at `offset` of well-formed text and moves `offset` past it.
inline char32_t next(std::string_view text, size_t& offset) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  const char32_t lead = byte(0);
  if (lead < 0x80) {
    offset += 1;
    return lead;
  }
  if (lead < 0xE0) {
    const char32_t code = (lead & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
    offset += 2;
    return code;
  }
  if (lead < 0xF0) {
    const char32_t code = (lead & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
    offset += 3;
    return code;
  }
  const char32_t code =
      (lead & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3Fu);
  offset += 4;
  return code;
}

void append(std::string& out, char32_t code_point);

size_t count(std::string_view text);  // code points in well-formed text
std::u32string decode(std::string_view text);
std::string encode(std::u32string_view text);

// Byte offset of every code point of well-formed text, and text.size() last: size() == count(text)
// + 1.
std::vector<uint32_t> offsets(std::string_view text);

}  // namespace pawl::utf8

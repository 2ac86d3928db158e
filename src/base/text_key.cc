#include "base/text_key.h"

#include "base/hash.h"

namespace pawl {
namespace {

bool is_blank(unsigned char c) {
  return c <= 0x20 || c == 0x7f;
}

bool is_punctuation(unsigned char c) {
  return (c >= 0x21 && c <= 0x2f) || (c >= 0x3a && c <= 0x40) || (c >= 0x5b && c <= 0x60) ||
         (c >= 0x7b && c <= 0x7e);
}

bool is_mark(char c) {
  return c == '.' || c == ',' || c == ';' || c == '!';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// Takes marks off the end of the last word, unless it is nothing else.
void trim_marks(std::string& out, size_t word) {
  size_t end = out.size();
  while (end > word && is_mark(out[end - 1])) --end;
  if (end > word) out.resize(end);
}

std::string fold_all(std::string_view text) {
  std::string out;
  for (const char raw : text) {
    const auto c = static_cast<unsigned char>(raw);
    if (!is_blank(c) && !is_punctuation(c))
      out += lower(raw);
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string digest(std::string_view normalized) {
  return blake2b_hex(normalized).substr(0, 32);
}

}  // namespace

std::string normalize_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t word = 0;  // where the last word begins
  for (const char raw : text) {
    if (!is_blank(static_cast<unsigned char>(raw))) {
      out += lower(raw);
    } else if (out.size() > word) {
      trim_marks(out, word);
      out += ' ';
      word = out.size();
    }
  }
  trim_marks(out, word);
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string text_key(std::string_view text) {
  return digest(normalize_text(text));
}

std::string group_key(std::string_view text) {
  const std::string folded = fold_all(text);
  return folded.empty() ? text_key(text) : digest(folded);
}

}  // namespace pawl

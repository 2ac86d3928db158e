#include "pipeline/hybrid/label_texts.h"

#include <algorithm>
#include <string_view>

#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl {

namespace {

// The longest beginning all labels share that ends with a separator.
size_t shared_prefix(std::span<const std::string> labels) {
  if (labels.size() < 2) return 0;
  size_t shared = labels[0].size();
  for (const std::string& label : labels) {
    size_t i = 0;
    while (i < std::min(shared, label.size()) && label[i] == labels[0][i]) ++i;
    shared = i;
  }
  const size_t separator = std::string_view(labels[0]).substr(0, shared).find_last_of("_./:-");
  return separator == std::string_view::npos ? 0 : separator + 1;
}

std::string words_of(std::string_view label) {
  std::string words;
  size_t letters = 0;
  bool was_lower = false;
  for (size_t at = 0; at < label.size();) {
    const char32_t code = utf8::next(label, at);
    const bool letter = unicode::is(code, unicode::kAlpha);
    const bool part = letter || unicode::is(code, unicode::kNumeric);
    if (!part || (was_lower && unicode::is(code, unicode::kUpper))) {
      if (!words.empty() && words.back() != ' ') words += ' ';
    }
    if (part) utf8::append(words, unicode::simple_lower(code));
    letters += letter;
    was_lower = unicode::is(code, unicode::kLower);
  }
  while (!words.empty() && words.back() == ' ') words.pop_back();
  return letters < 3 ? std::string() : words;
}

}  // namespace

std::vector<std::string> label_texts(std::span<const std::string> labels) {
  const size_t prefix = shared_prefix(labels);
  std::vector<std::string> texts;
  for (const std::string& label : labels) {
    texts.push_back(words_of(std::string_view(label).substr(prefix)));
  }
  return texts;
}

}  // namespace pawl

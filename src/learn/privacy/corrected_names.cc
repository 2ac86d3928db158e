#include "learn/privacy/corrected_names.h"

#include <algorithm>
#include <string>

#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl::learn {

namespace {

// Without blanks and signs at its ends; kept if a word in it begins with a capital, or with a
// letter of a script that has none.
void keep_name(const std::u32string& text, int64_t start, int64_t end,
               std::vector<CodePointSpan>& out) {
  const auto at = [&](int64_t i) { return text[static_cast<size_t>(i)]; };
  while (start < end && !unicode::is_word(at(start))) ++start;
  while (end > start && !unicode::is_word(at(end - 1))) --end;
  for (int64_t i = start; i < end; ++i) {
    const bool begins = i == start || !unicode::is_word(at(i - 1));
    if (begins && unicode::is(at(i), unicode::kAlpha) && !unicode::is(at(i), unicode::kLower)) {
      out.push_back({start, end});
      return;
    }
  }
}

}  // namespace

bool is_person_label(std::string_view label) {
  const std::string lower = unicode::lower(label);
  if (lower == "per") return true;
  for (const std::string_view word :
       {"person", "name", "people", "author", "artist", "contact", "patient", "customer",
        "employee", "human", "pers", "individual", "actor", "speaker", "politician", "researcher",
        "scientist", "writer", "musician"}) {
    if (lower.find(word) == std::string::npos) continue;
    // "song_name", "product_name": names of things.
    for (const std::string_view thing :
         {"song",   "product", "file",   "company", "org",      "place",
          "brand",  "host",    "domain", "app",     "playlist", "list",
          "device", "movie",   "book",   "album",   "object",   "restaurant",
          "city",   "team",    "game",   "project", "class",    "function"}) {
      if (word == "name" && lower.find(thing) != std::string::npos) return false;
    }
    return true;
  }
  return false;
}

std::vector<CodePointSpan> without_corrected(std::string_view text,
                                             std::span<const CodePointSpan> names,
                                             std::span<const EntitySpan> corrected) {
  std::vector<CodePointSpan> left;
  std::u32string decoded;
  for (const CodePointSpan& name : names) {
    std::vector<CodePointSpan> denied;
    for (const EntitySpan& entity : corrected) {
      if (entity.start < name.end && name.start < entity.end && !is_person_label(entity.label))
        denied.push_back({std::max(entity.start, name.start), std::min(entity.end, name.end)});
    }
    if (denied.empty()) {
      left.push_back(name);
      continue;
    }
    if (decoded.empty()) decoded = utf8::decode(text);
    std::sort(denied.begin(), denied.end(),
              [](const auto& a, const auto& b) { return a.start < b.start; });
    const auto size = static_cast<int64_t>(decoded.size());
    int64_t from = std::clamp<int64_t>(name.start, 0, size);
    for (const CodePointSpan& stretch : denied) {
      keep_name(decoded, from, std::clamp<int64_t>(stretch.start, from, size), left);
      from = std::clamp<int64_t>(stretch.end, from, size);
    }
    keep_name(decoded, from, std::clamp<int64_t>(name.end, from, size), left);
  }
  return left;
}

}  // namespace pawl::learn

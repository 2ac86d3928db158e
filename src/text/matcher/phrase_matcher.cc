#include "text/matcher/phrase_matcher.h"

#include <algorithm>

namespace pawl {

void PhraseMatcher::add(StringId key, const Doc& phrase) {
  if (phrase.size() == 0) return;
  uint32_t at = 0;
  for (size_t i = 0; i < phrase.size(); ++i) {
    const uint64_t value = matcher::token_value(phrase, i, attribute_);
    const auto [found, is_new] =
        nodes_[at].next.try_emplace(value, static_cast<uint32_t>(nodes_.size()));
    at = found->second;
    if (is_new) nodes_.emplace_back();
  }
  std::vector<StringId>& keys = nodes_[at].keys;
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
}

std::vector<Match> PhraseMatcher::operator()(const Doc& doc) const {
  std::vector<Match> out;
  if (empty()) return out;
  std::vector<uint64_t> values(doc.size());
  for (size_t i = 0; i < doc.size(); ++i) values[i] = matcher::token_value(doc, i, attribute_);
  for (uint32_t start = 0; start < values.size(); ++start) {
    uint32_t at = 0;
    for (uint32_t end = start; end < values.size(); ++end) {
      const auto found = nodes_[at].next.find(values[end]);
      if (found == nodes_[at].next.end()) break;
      at = found->second;
      for (const StringId key : nodes_[at].keys) out.push_back({key, start, end + 1});
    }
  }
  return out;
}

}  // namespace pawl

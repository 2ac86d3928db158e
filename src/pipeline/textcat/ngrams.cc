#include "pipeline/textcat/ngrams.h"

#include <algorithm>

#include "base/hash.h"

namespace pawl {

namespace {

// Sorts the keys from `first` on, and makes one of equal ones, with its count.
void count_equal(NgramCounts& out, size_t first) {
  std::sort(out.keys.begin() + static_cast<std::ptrdiff_t>(first), out.keys.end());
  size_t end = first;
  for (size_t i = first; i < out.keys.size(); ++i) {
    if (end > first && out.keys[end - 1] == out.keys[i]) {
      out.values[end - 1] += 1.0f;
      continue;
    }
    out.keys[end++] = out.keys[i];
    out.values.push_back(1.0f);
  }
  out.keys.resize(end);
  out.lengths.push_back(static_cast<uint32_t>(end - first));
}

}  // namespace

void extract_ngrams(DocRefs docs, Attr attr, size_t size, NgramCounts& out) {
  out.keys.clear();
  out.values.clear();
  out.lengths.clear();
  thread_local std::vector<uint64_t> ids;
  for (const Doc* doc : docs) {
    ids.clear();
    for (size_t i = 0; i < doc->size(); ++i) ids.push_back(doc->attr(i, attr));
    const size_t first = out.keys.size();
    out.keys.insert(out.keys.end(), ids.begin(), ids.end());
    for (size_t n = 2; n <= size; ++n) {
      for (size_t i = 0; i + n <= ids.size(); ++i) {
        out.keys.push_back(murmur2_64a(&ids[i], n * sizeof(uint64_t), 0));
      }
    }
    count_equal(out, first);
  }
}

}  // namespace pawl

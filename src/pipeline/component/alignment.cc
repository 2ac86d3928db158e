#include "pipeline/component/alignment.h"

namespace pawl {
namespace {

struct Extent {
  uint32_t start, end;
};

// Both lists are sorted and free of overlaps.
std::vector<TokenRange> overlaps(const std::vector<Extent>& from, const std::vector<Extent>& to) {
  std::vector<TokenRange> out;
  out.reserve(from.size());
  uint32_t first = 0;
  const auto count = static_cast<uint32_t>(to.size());
  for (const Extent& extent : from) {
    while (first < count && to[first].end <= extent.start) ++first;
    uint32_t last = first;
    while (last < count && to[last].start < extent.end) ++last;
    out.push_back({first, last});
  }
  return out;
}

}  // namespace

Alignment align(const Doc& predicted, const GoldDoc& reference) {
  std::vector<Extent> x, y;
  for (const Token& token : predicted.tokens()) x.push_back({token.idx, token.end()});
  for (const GoldToken& token : reference.tokens) y.push_back({token.start, token.end});
  return {overlaps(x, y), overlaps(y, x)};
}

}  // namespace pawl

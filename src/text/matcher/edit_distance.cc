#include "text/matcher/edit_distance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/utf8.h"

namespace pawl::matcher {
namespace {

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) out.push_back(utf8::next(text, at));
  return out;
}

}  // namespace

bool within_edits(std::string_view a, std::string_view b, size_t limit) {
  const std::vector<char32_t> x = code_points(a), y = code_points(b);
  const size_t n = x.size(), m = y.size();
  if ((n > m ? n - m : m - n) > limit) return false;
  constexpr size_t kFar = std::numeric_limits<size_t>::max() / 2;
  std::vector<size_t> row(m + 1, kFar), next(m + 1, kFar);
  for (size_t j = 0; j <= std::min(m, limit); ++j) row[j] = j;
  for (size_t i = 1; i <= n; ++i) {
    const size_t first = i > limit ? i - limit : 0, last = std::min(m, i + limit);
    std::fill(next.begin() + static_cast<std::ptrdiff_t>(first > 0 ? first - 1 : 0),
              next.begin() + static_cast<std::ptrdiff_t>(last) + 1, kFar);
    if (last < m) next[last + 1] = kFar;
    size_t best = kFar;
    for (size_t j = first; j <= last; ++j) {
      size_t cost = j == 0 ? i : kFar;
      if (j > 0) {
        cost = std::min(row[j - 1] + (x[i - 1] == y[j - 1] ? 0 : 1), next[j - 1] + 1);
      }
      cost = std::min(cost, row[j] + 1);
      next[j] = cost;
      best = std::min(best, cost);
    }
    if (best > limit) return false;
    row.swap(next);
  }
  return row[m] <= limit;
}

bool fuzzy_equal(std::string_view text, std::string_view pattern, int edits) {
  if (edits >= 0) return within_edits(text, pattern, static_cast<size_t>(edits));
  // Python's round(): halves go to the even neighbour, as nearbyint does.
  const double share = std::nearbyint(0.3 * static_cast<double>(utf8::count(pattern)));
  return within_edits(text, pattern, std::max<size_t>(2, static_cast<size_t>(share)));
}

}  // namespace pawl::matcher

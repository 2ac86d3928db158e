// Levenshtein's distance with a limit.
#pragma once

#include <cstddef>
#include <string_view>

namespace pawl::matcher {

// Whether `a` becomes `b` with at most `limit` insertions, deletions and substitutions of code
// points. Takes time in proportion to the length times the limit (Ukkonen 1985: only cells near the
// diagonal can stay within it). Both are well-formed UTF-8.
bool within_edits(std::string_view a, std::string_view b, size_t limit);

// spaCy's levenshtein_compare: `edits` < 0 allows two edits or 30 % of the pattern's length,
// whichever is more.
bool fuzzy_equal(std::string_view text, std::string_view pattern, int edits);

}  // namespace pawl::matcher

// How long a cycle will take, judging by earlier ones.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "store/store.h"

namespace pawl::learn {

struct Expectation {
  double seconds = 0;
  size_t cycles = 0;  // that it is judged by
};

// The median of those of the newest fifty cycles that trained, tuned or did not alike, and were
// nearest to this many judged turns, five at most; empty when there was none.
std::optional<Expectation> expect_duration(Transaction& transaction, const std::string& tenant,
                                           size_t turns, bool tunes);

}  // namespace pawl::learn

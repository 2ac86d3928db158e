// Scores of span groups, as Scorer.score_spans measures them where spans may overlap.
#pragma once

#include <span>
#include <string>

#include "base/json.h"
#include "training/scorer.h"

namespace pawl {

// "spans_KEY_p", "_r", "_f" and "_per_type"; null where no reference has such a group. References
// without the group are left out.
Json score_span_group(std::span<const Scored> pairs, const std::string& key);

}  // namespace pawl

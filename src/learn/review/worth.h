// Which texts a person's label would help most with: those that the model doubts, that stand for
// many others it doubts, and of which something speaks against the answer; not ten times the same.
#pragma once

#include <span>
#include <vector>

#include "math/matrix.h"

namespace pawl::learn {

struct Doubt {
  double uncertainty = 0;   // of the model, 0..1: see uncertainty_of()
  double contradicted = 0;  // how much speaks against its answer, 0..1
  size_t times = 1;         // turns with this text
};

// One less the lead of the likeliest label over the next (margin sampling, Scheffer et al. 2001).
double uncertainty_of(std::span<const double> probabilities);

struct Worth {
  size_t row = 0;
  double value = 0;       // uncertainty times speaks_for
  double speaks_for = 0;  // doubtful turns near it that nothing chosen before speaks for
};

// At most `count` rows, chosen one after another, each by what it adds (facility location over the
// doubts; Nemhauser et al. 1978). `vectors` has rows of length 1, one for each doubt. Quadratic in
// the rows, which the caller bounds.
std::vector<Worth> most_worth(std::span<const Doubt> doubts, const Matrix& vectors, size_t count);

}  // namespace pawl::learn

// Which texts are near each other: by sentence vectors, or by their n-grams where no encoder is.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "math/matrix.h"

namespace pawl::learn {

struct Neighbour {
  size_t row;
  double weight;  // 0..1, falling with the distance
};

// Rows of length 1 that stand for the n-grams of texts: hashed counts with signs (feature hashing,
// Weinberger et al. 2009), weighted by how rare they are among these texts.
Matrix ngram_vectors(std::span<const std::string_view> texts);

// Divides every row by its length; rows of zeros stay.
void normalize_rows(Matrix& vectors);

// Of each row from `first` on the nearest `count` other rows, with weights exp(sharpness * (cosine
// - 1)); the nearest first, among equals the earlier. `vectors` has rows of length 1.
std::vector<std::vector<Neighbour>> nearest(const Matrix& vectors, size_t first, size_t count,
                                            double sharpness);

// The sharpness, of a few, under which rows say most of each other's labels: leave-one-out
// likelihood of at most 500 rows. `labels`: one for each of the first rows.
double fit_sharpness(const Matrix& vectors, std::span<const std::string> labels);

}  // namespace pawl::learn

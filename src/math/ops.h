// Element-wise and sequence operations over float32, row-major, as thinc.backends.NumpyOps defines
// them. Shapes are asserted. Unless said otherwise outputs are overwritten and may not overlap
// inputs. All functions are pure over their arguments and safe for concurrent use.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/rng.h"
#include "math/adam_step.h"
#include "math/matrix.h"

namespace pawl {

// Rows per sequence of a batch whose sequences lie one after another in one matrix.
using Lengths = std::span<const uint32_t>;

// Vectors
// ---------------------------------------------------------------------------------------------------------
void add(const float* x, float* y, size_t n);                // y += x
void axpy(float alpha, const float* x, float* y, size_t n);  // y += alpha * x
void multiply(const float* x, float* y, size_t n);           // y *= x
void scale(float alpha, float* x, size_t n);                 // x *= alpha
float dot(const float* x, const float* y, size_t n);
double squared_norm(const float* x, size_t n);  // summed in double
void sum_rows(ConstMatrixView x, float* sums,
              bool accumulate = true);             // sums[j] += sum_i x(i,j): bias gradients
void add_matrix(ConstMatrixView x, MatrixView y);  // y += x
void copy_matrix(ConstMatrixView x, MatrixView y);

// Maxout
// ----------------------------------------------------------------------------------------------------------
// Two layouts of the candidates. Interleaved, as thinc stores them: z(i, o * pieces + p). Planar:
// z(i, p * nO + o), which vectorises; PackedMatrix with `planar_order` makes a product deliver it.
// The first of equal candidates wins. `which` [rows * nO] may be null when there will be no
// backward pass. best may be the start of z's rows.
void maxout(ConstMatrixView z, size_t pieces, MatrixView best, uint8_t* which);
void maxout_planar(ConstMatrixView z, size_t pieces, MatrixView best, uint8_t* which);
void backprop_maxout(ConstMatrixView d_best, const uint8_t* which, size_t pieces, MatrixView d_z);
void backprop_maxout_planar(ConstMatrixView d_best, const uint8_t* which, size_t pieces,
                            MatrixView d_z);
// order[p * outputs + o] = o * pieces + p
std::vector<uint32_t> planar_order(size_t outputs, size_t pieces);

// Layer normalisation (Ba, Kiros, Hinton 2016), variance + 1e-8 as thinc.layers.layernorm
// --------------------------- y = (x - mean) / sqrt(var + 1e-8) * gain + bias. For training pass
// x_hat (same shape) and inverse_deviation [rows], which backprop_layer_norm needs; both may be
// null otherwise. y may be x.
void layer_norm(ConstMatrixView x, const float* gain, const float* bias, MatrixView y,
                Matrix* x_hat = nullptr, float* inverse_deviation = nullptr);
// Adds to d_gain and d_bias [cols]; d_x may be d_y.
void backprop_layer_norm(ConstMatrixView d_y, ConstMatrixView x_hat, const float* inverse_deviation,
                         const float* gain, float* d_gain, float* d_bias, MatrixView d_x);

// Activations; in place
// -------------------------------------------------------------------------------------------
void relu(MatrixView x);
void backprop_relu(ConstMatrixView y, MatrixView d_y);  // zero where y <= 0
void softmax(MatrixView x, float temperature = 1.0f);   // per row
void backprop_softmax(ConstMatrixView y, MatrixView d_y, float temperature = 1.0f);
void logistic(MatrixView x);                                // input clipped to [-20, 20]
void backprop_logistic(ConstMatrixView y, MatrixView d_y);  // d_y *= y (1 - y)
// One column per sequence position; softmax over each sequence, input clipped to [-20, 20] as thinc
// does.
void softmax_sequences(std::span<float> x, Lengths lengths);
void backprop_softmax_sequences(std::span<const float> y, Lengths lengths, std::span<float> d_y);

// Windows
// ---------------------------------------------------------------------------------------------------------
// y(i) = x(i - window) ... x(i + window), zeros outside the sequence. Empty lengths: one sequence
// of all rows (thinc's with_array over a padded array).
void seq2col(ConstMatrixView x, size_t window, Lengths lengths, MatrixView y);
void backprop_seq2col(ConstMatrixView d_y, size_t window, Lengths lengths, MatrixView d_x);

// Reductions of sequences to one row each
// --------------------------------------------------------------------------- An empty sequence
// gives zeros (sum, mean) and is refused, by assertion, by max, first and last.
void reduce_sum(ConstMatrixView x, Lengths lengths, MatrixView y);
void reduce_mean(ConstMatrixView x, Lengths lengths, MatrixView y);
void reduce_max(ConstMatrixView x, Lengths lengths, MatrixView y,
                uint32_t* which);  // which: [rows * cols] or null
void reduce_first(ConstMatrixView x, Lengths lengths, MatrixView y);
void reduce_last(ConstMatrixView x, Lengths lengths, MatrixView y);
void backprop_reduce_sum(ConstMatrixView d_y, Lengths lengths, MatrixView d_x);
void backprop_reduce_mean(ConstMatrixView d_y, Lengths lengths, MatrixView d_x);
void backprop_reduce_max(ConstMatrixView d_y, Lengths lengths, const uint32_t* which,
                         MatrixView d_x);
void backprop_reduce_first(ConstMatrixView d_y, Lengths lengths, MatrixView d_x);
void backprop_reduce_last(ConstMatrixView d_y, Lengths lengths, MatrixView d_x);

// Tables
// ----------------------------------------------------------------------------------------------------------
// The four rows of HashEmbed per id: thinc's ops.hash(ids, seed) % table_rows; out: [ids * 4].
void hash_rows(std::span<const uint64_t> ids, uint32_t seed, uint32_t table_rows, uint32_t* out);
// y(i) = sum over k < per_row of table.row(rows[i * per_row + k]).
void gather_add(ConstMatrixView table, std::span<const uint32_t> rows, size_t per_row,
                MatrixView y);
// table.row(rows[i * per_row + k]) += d_y(i)
void scatter_add(ConstMatrixView d_y, std::span<const uint32_t> rows, size_t per_row,
                 MatrixView table);

// Dropout
// ---------------------------------------------------------------------------------------------------------
// 0 with probability `rate`, else 1 / (1 - rate); all ones for rate <= 0, all zeros for rate >= 1.
void dropout_mask(Rng& rng, double rate, std::span<float> mask);

// Adam (see nn/optimizer.h for what calls it)
// ----------------------------------------------------------------------
// One step over n consecutive values. `gradient` may be null: zeros. `averages` may be null.
void adam_step(const AdamStep& step, const float* gradient, float* weights, float* moment1,
               float* moment2, float* averages, size_t n);
// Several steps, one after another, of which only the last has a gradient (when it is not null):
// the same values as that many calls of adam_step, bit for bit, at the cost of reading and writing
// memory once.
void adam_steps(std::span<const AdamStep> steps, const float* gradient, float* weights,
                float* moment1, float* moment2, float* averages, size_t n);

}  // namespace pawl

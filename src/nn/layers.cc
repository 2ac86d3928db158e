#include "nn/layers.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/error.h"
#include "math/sparse_rows.h"

namespace pawl::nn {

namespace {

[[noreturn]] void fail(const Node& node, const std::string& message) {
  throw Error(ErrorKind::kFormat, "the layer '" + node.name.substr(0, 80) + "' " + message);
}

std::string join(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "(" + text + ")";
}

// The parameter, after a check that it is defined with this shape.
Param* checked(Node& node, const char* key, const std::vector<int64_t>& shape) {
  Param& param = node.param(key);
  if (!param.defined) fail(node, std::string("has no values for its parameter '") + key + "'");
  if (param.shape != shape) {
    fail(node, std::string("has a parameter '") + key + "' of shape " + join(param.shape) +
                   " where its dimensions ask for " + join(shape));
  }
  return &param;
}

size_t size_of(const Node& node, const char* key) {
  const auto value = node.dim(key);
  if (!value || *value <= 0) fail(node, std::string("has no size for its dimension '") + key + "'");
  return static_cast<size_t>(*value);
}

std::vector<int64_t> shape_of(std::initializer_list<size_t> sizes) {
  std::vector<int64_t> shape;
  for (const size_t size : sizes) shape.push_back(static_cast<int64_t>(size));
  return shape;
}

double number_attr(const Node& node, const char* key, double missing) {
  const Msgpack* value = node.attr(key);
  return value == nullptr || value->is_null() ? missing : value->as_double();
}

bool flag_attr(const Node& node, const char* key, bool missing) {
  const Msgpack* value = node.attr(key);
  return value == nullptr || value->is_null() ? missing : value->as_bool();
}

// Gradients of a product with weights [N,K].
void backprop_affine(Param& weights, Param& bias, size_t outputs, size_t inputs, ConstMatrixView x,
                     ConstMatrixView d_y, MatrixView* d_x) {
  weights.ensure_gradient();
  bias.ensure_gradient();
  sum_rows(d_y, bias.gradient.data());
  gemm_tn(d_y, x, MatrixView(weights.gradient.data(), outputs, inputs), true);
  if (d_x != nullptr) gemm_nn(d_y, ConstMatrixView(weights.value.data(), outputs, inputs), *d_x);
}

uint32_t rotate(uint32_t x, int bits) {
  return (x << bits) | (x >> (32 - bits));
}

// MurmurHash3 x86 32-bit (Appleby) of one 8-byte key.
uint32_t murmur3_x86_32(uint64_t key, uint32_t seed) {
  uint32_t hash = seed;
  for (const uint32_t word : {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)}) {
    hash ^= rotate(word * 0xcc9e2d51u, 15) * 0x1b873593u;
    hash = rotate(hash, 13) * 5 + 0xe6546b64u;
  }
  hash ^= 8;
  hash = (hash ^ (hash >> 16)) * 0x85ebca6bu;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35u;
  return hash ^ (hash >> 16);
}

}  // namespace

void PackedWeights::pack(const Param& weights, ConstMatrixView view) {
  packed_ = PackedMatrix(view);
  version_ = weights.version;
}

void PackedWeights::pack(const Param& weights, ConstMatrixView view,
                         const std::vector<uint32_t>& order) {
  packed_ = PackedMatrix(view, order);
  version_ = weights.version;
}

const PackedMatrix* PackedWeights::get(const Param& weights) const {
  return packed_.empty() || version_ != weights.version ? nullptr : &packed_;
}

// Linear ----------------------------------------------------------------------------------------

Linear::Linear(Node& node) : inputs_(size_of(node, "nI")), outputs_(size_of(node, "nO")) {
  weights_ = checked(node, "W", shape_of({outputs_, inputs_}));
  bias_ = checked(node, "b", shape_of({outputs_}));
}

void Linear::pack() {
  packed_.pack(*weights_, {weights_->value.data(), outputs_, inputs_});
}

void Linear::forward(ConstMatrixView x, MatrixView y) const {
  if (const PackedMatrix* packed = packed_.get(*weights_)) {
    gemm(x, *packed, bias_->value.data(), y);
  } else {
    gemm_nt(x, {weights_->value.data(), outputs_, inputs_}, bias_->value.data(), y);
  }
}

void Linear::backward(ConstMatrixView x, ConstMatrixView d_y, MatrixView* d_x) const {
  backprop_affine(*weights_, *bias_, outputs_, inputs_, x, d_y, d_x);
}

// Softmax ---------------------------------------------------------------------------------------

Softmax::Softmax(Node& node)
    : linear_(node),
      temperature_(static_cast<float>(number_attr(node, "softmax_temperature", 1.0))),
      normalize_(flag_attr(node, "softmax_normalize", true)) {
  if (!(temperature_ > 0.0f)) fail(node, "has a softmax temperature that is not above zero");
}

void Softmax::forward(ConstMatrixView x, MatrixView y, bool training) const {
  linear_.forward(x, y);
  if (normalize_ || training) softmax(y, temperature_);
}

void Softmax::backward(ConstMatrixView x, ConstMatrixView d_y, MatrixView* d_x) const {
  if (temperature_ == 1.0f) return linear_.backward(x, d_y, d_x);
  Matrix scaled(d_y.rows, d_y.cols);
  copy_matrix(d_y, scaled);
  scale(1.0f / temperature_, scaled.data(), scaled.size());
  linear_.backward(x, scaled, d_x);
}

// Maxout ----------------------------------------------------------------------------------------

Maxout::Maxout(Node& node)
    : inputs_(size_of(node, "nI")), outputs_(size_of(node, "nO")), pieces_(size_of(node, "nP")) {
  if (pieces_ > 255) fail(node, "has more than 255 pieces");
  weights_ = checked(node, "W", shape_of({outputs_, pieces_, inputs_}));
  bias_ = checked(node, "b", shape_of({outputs_, pieces_}));
  order_ = planar_order(outputs_, pieces_);
}

void Maxout::pack() {
  packed_.pack(*weights_, {weights_->value.data(), outputs_ * pieces_, inputs_}, order_);
}

Matrix Maxout::split(size_t parts) const {
  assert(inputs_ % parts == 0);
  const size_t width = inputs_ / parts;
  Matrix rows(parts * order_.size(), width);
  for (size_t part = 0; part < parts; ++part) {
    for (size_t i = 0; i < order_.size(); ++i) {
      const float* from = weights_->value.data() + order_[i] * inputs_ + part * width;
      std::copy_n(from, width, rows.row(part * order_.size() + i));
    }
  }
  return rows;
}

FloatVector Maxout::planar_bias() const {
  FloatVector bias;
  for (const uint32_t from : order_) bias.push_back(bias_->value[from]);
  return bias;
}

void Maxout::forward(ConstMatrixView x, MatrixView y, Saved* saved) const {
  thread_local Matrix candidates;
  thread_local FloatVector bias;
  candidates.resize(x.rows, outputs_ * pieces_);
  bias.resize(outputs_ * pieces_);
  for (size_t i = 0; i < order_.size(); ++i) bias[i] = bias_->value[order_[i]];
  if (const PackedMatrix* packed = packed_.get(*weights_)) {
    gemm(x, *packed, bias.data(), candidates);
  } else {
    const ConstMatrixView weights(weights_->value.data(), outputs_ * pieces_, inputs_);
    gemm_nt(x, weights, bias.data(), candidates, false, &order_);
  }
  if (saved != nullptr) saved->which.resize(x.rows * outputs_);
  maxout_planar(candidates, pieces_, y, saved == nullptr ? nullptr : saved->which.data());
}

void Maxout::backward(ConstMatrixView x, const Saved& saved, ConstMatrixView d_y,
                      MatrixView* d_x) const {
  thread_local SparseRows d_candidates;
  weights_->ensure_gradient();
  bias_->ensure_gradient();
  const size_t candidates = outputs_ * pieces_;
  backprop_maxout_transposed(d_y, saved.which.data(), pieces_, d_candidates);
  gemm(d_candidates, x, MatrixView(weights_->gradient.data(), candidates, inputs_), true);
  add_row_sums(d_candidates, bias_->gradient.data());
  if (d_x == nullptr) return;
  backprop_maxout(d_y, saved.which.data(), pieces_, d_candidates);
  gemm(d_candidates, ConstMatrixView(weights_->value.data(), candidates, inputs_), *d_x);
}

// LayerNorm -------------------------------------------------------------------------------------

LayerNorm::LayerNorm(Node& node) : width_(size_of(node, "nI")) {
  gain_ = checked(node, "G", shape_of({width_}));
  bias_ = checked(node, "b", shape_of({width_}));
}

void LayerNorm::forward(ConstMatrixView x, MatrixView y, Saved* saved) const {
  if (saved != nullptr) saved->inverse_deviation.resize(x.rows);
  layer_norm(x, gain_->value.data(), bias_->value.data(), y,
             saved == nullptr ? nullptr : &saved->x_hat,
             saved == nullptr ? nullptr : saved->inverse_deviation.data());
}

void LayerNorm::backward(const Saved& saved, ConstMatrixView d_y, MatrixView d_x) const {
  gain_->ensure_gradient();
  bias_->ensure_gradient();
  backprop_layer_norm(d_y, saved.x_hat, saved.inverse_deviation.data(), gain_->value.data(),
                      gain_->gradient.data(), bias_->gradient.data(), d_x);
}

// Dropout ---------------------------------------------------------------------------------------

void Dropout::forward(MatrixView x, Rng& rng, Saved& saved) const {
  const double rate = number_attr(*node_, "dropout_rate", 0.0);
  saved.mask.clear();
  if (rate == 0.0 || !flag_attr(*node_, "is_enabled", true)) return;
  saved.mask.resize(x.rows * x.cols);
  dropout_mask(rng, rate, saved.mask);
  backward(saved, x);
}

void Dropout::backward(const Saved& saved, MatrixView d_x) const {
  if (saved.mask.empty()) return;
  assert(saved.mask.size() == d_x.rows * d_x.cols);
  for (size_t i = 0; i < d_x.rows; ++i) {
    multiply(saved.mask.data() + i * d_x.cols, d_x.row(i), d_x.cols);
  }
}

// HashEmbed -------------------------------------------------------------------------------------

HashEmbed::HashEmbed(Node& node) : node_(&node), outputs_(size_of(node, "nO")) {
  const size_t rows = size_of(node, "nV");
  table_ = checked(node, "E", shape_of({rows, outputs_}));
  if (rows > std::numeric_limits<uint32_t>::max()) fail(node, "has too many rows");
  table_rows_ = static_cast<uint32_t>(rows);
  const Msgpack* seed = node.attr("seed");
  if (seed == nullptr) fail(node, "has no seed");
  seed_ = static_cast<uint32_t>(seed->as_int());
}

void HashEmbed::forward(std::span<const uint64_t> ids, MatrixView y) const {
  thread_local std::vector<uint32_t> rows;
  rows.resize(ids.size() * 4);
  hash_rows(ids, seed_, table_rows_, rows.data());
  table_->settle(rows);
  gather_add({table_->value.data(), table_rows_, outputs_}, rows, 4, y);
}

void HashEmbed::forward_training(std::span<const uint64_t> ids, Rng& rng, MatrixView y,
                                 Saved& saved) const {
  saved.rows.resize(ids.size() * 4);
  hash_rows(ids, seed_, table_rows_, saved.rows.data());
  table_->settle(saved.rows);
  gather_add({table_->value.data(), table_rows_, outputs_}, saved.rows, 4, y);
  const double rate = number_attr(*node_, "dropout_rate", 0.0);
  saved.mask.clear();
  if (rate <= 0.0) return;
  saved.mask.resize(outputs_);
  dropout_mask(rng, rate, saved.mask);
  for (size_t i = 0; i < y.rows; ++i) multiply(saved.mask.data(), y.row(i), outputs_);
}

void HashEmbed::backward(const Saved& saved, ConstMatrixView d_y) const {
  table_->ensure_gradient();
  table_->touched.insert(table_->touched.end(), saved.rows.begin(), saved.rows.end());
  const MatrixView gradient(table_->gradient.data(), table_rows_, outputs_);
  if (saved.mask.empty()) return scatter_add(d_y, saved.rows, 4, gradient);
  Matrix masked(d_y.rows, d_y.cols);
  copy_matrix(d_y, masked);
  for (size_t i = 0; i < masked.rows(); ++i) multiply(saved.mask.data(), masked.row(i), outputs_);
  scatter_add(masked, saved.rows, 4, gradient);
}

// SparseLinear ----------------------------------------------------------------------------------

SparseLinear::SparseLinear(Node& node) : outputs_(size_of(node, "nO")) {
  const size_t length = size_of(node, "length");
  weights_ = checked(node, "W", shape_of({outputs_ * length}));
  bias_ = checked(node, "b", shape_of({outputs_}));
  v1_ = flag_attr(node, "v1_indexing", false);
  if (weights_->transposed == v1_) fail(node, "is indexed otherwise than its architecture says");
  if (v1_ && (length & (length - 1)) != 0) fail(node, "has a length that is not a power of two");
  length_ = static_cast<uint32_t>(length);
}

void SparseLinear::hash(const Input& input, std::vector<uint32_t>& rows) const {
  rows.resize(input.keys.size() * 2);
  for (size_t i = 0; i < input.keys.size(); ++i) {
    for (uint32_t seed = 0; seed < 2; ++seed) {
      rows[2 * i + seed] = murmur3_x86_32(input.keys[i], seed) % length_;
    }
  }
}

void SparseLinear::forward(const Input& input, MatrixView y, Saved* saved) const {
  assert(input.values.size() == input.keys.size() && y.rows == input.lengths.size());
  thread_local std::vector<uint32_t> scratch;
  std::vector<uint32_t>& rows = saved == nullptr ? scratch : saved->rows;
  hash(input, rows);
  settle(rows);
  const size_t step = v1_ ? 1 : outputs_;
  size_t key = 0;
  for (size_t i = 0; i < y.rows; ++i) {
    std::copy_n(bias_->value.data(), outputs_, y.row(i));
    for (const size_t end = key + input.lengths[i]; key < end; ++key) {
      for (size_t r = 2 * key; r < 2 * key + 2; ++r) {
        axpy(input.values[key], weights_->value.data() + rows[r] * step, y.row(i), outputs_);
      }
    }
  }
}

void SparseLinear::backward(const Input& input, const Saved& saved, ConstMatrixView d_y) const {
  weights_->ensure_gradient();
  bias_->ensure_gradient();
  sum_rows(d_y, bias_->gradient.data());
  const size_t step = v1_ ? 1 : outputs_;
  size_t key = 0;
  for (size_t i = 0; i < d_y.rows; ++i) {
    for (const size_t end = key + input.lengths[i]; key < end; ++key) {
      for (size_t r = 2 * key; r < 2 * key + 2; ++r) {
        axpy(input.values[key], d_y.row(i), weights_->gradient.data() + saved.rows[r] * step,
             outputs_);
      }
    }
  }
  touch(saved.rows, weights_->touched);
}

// For version 1 a feature's weights are not a row of their own but overlap its neighbours'.
void SparseLinear::touch(const std::vector<uint32_t>& rows, std::vector<uint32_t>& touched) const {
  if (!v1_) {
    touched.insert(touched.end(), rows.begin(), rows.end());
    return;
  }
  for (const uint32_t row : rows) {
    for (uint32_t c = 0; c < outputs_; ++c) touched.push_back(row + c);
  }
}

void SparseLinear::settle(const std::vector<uint32_t>& rows) const {
  if (!weights_->pending) return;
  if (!v1_) return weights_->settle(rows);
  std::vector<uint32_t> singles;
  touch(rows, singles);
  weights_->settle(singles);
}

// ParametricAttention ---------------------------------------------------------------------------

ParametricAttention::ParametricAttention(Node& node) : width_(size_of(node, "nO")) {
  query_ = checked(node, "Q", shape_of({width_}));
}

void ParametricAttention::forward(ConstMatrixView x, ConstMatrixView keys, Lengths lengths,
                                  MatrixView y, Saved* saved) const {
  assert(keys.rows == x.rows && keys.cols == width_);
  thread_local FloatVector scratch;
  FloatVector& attention = saved == nullptr ? scratch : saved->attention;
  attention.resize(x.rows);
  for (size_t i = 0; i < x.rows; ++i) {
    attention[i] = dot(keys.row(i), query_->value.data(), width_);
  }
  softmax_sequences(attention, lengths);
  copy_matrix(x, y);
  for (size_t i = 0; i < x.rows; ++i) scale(attention[i], y.row(i), y.cols);
}

void ParametricAttention::backward(ConstMatrixView x, ConstMatrixView keys, Lengths lengths,
                                   const Saved& saved, ConstMatrixView d_y, MatrixView d_x,
                                   MatrixView d_keys) const {
  query_->ensure_gradient();
  FloatVector d_attention(x.rows);
  for (size_t i = 0; i < x.rows; ++i) d_attention[i] = dot(x.row(i), d_y.row(i), x.cols);
  copy_matrix(d_y, d_x);
  for (size_t i = 0; i < x.rows; ++i) scale(saved.attention[i], d_x.row(i), d_x.cols);
  backprop_softmax_sequences(saved.attention, lengths, d_attention);
  for (size_t i = 0; i < x.rows; ++i) {
    axpy(d_attention[i], keys.row(i), query_->gradient.data(), width_);
    std::copy_n(query_->value.data(), width_, d_keys.row(i));
    scale(d_attention[i], d_keys.row(i), width_);
  }
}

}  // namespace pawl::nn

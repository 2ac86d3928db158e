#include "nn/bert_tuner.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "math/gemm.h"
#include "math/transformer.h"
#include "nn/bert_tensors.h"

namespace pawl::nn {

namespace {

ConstMatrixView matrix_of(const Param& weights) {
  return {weights.value.data(), static_cast<size_t>(weights.shape[0]),
          static_cast<size_t>(weights.shape[1])};
}

void linear(ConstMatrixView x, const Param& weights, const Param& bias, Matrix& y) {
  y.resize(x.rows, bias.size());
  gemm_nt(x, matrix_of(weights), bias.value.data(), y);
}

// d_x may be null: nobody asks for it.
void backprop_linear(ConstMatrixView d_y, ConstMatrixView x, Param& weights, Param& bias,
                     Matrix* d_x) {
  weights.ensure_gradient();
  bias.ensure_gradient();
  gemm_tn(d_y, x, {weights.gradient.data(), d_y.cols, x.cols}, true);
  sum_rows(d_y, bias.gradient.data());
  if (d_x == nullptr) return;
  d_x->resize(x.rows, x.cols);
  gemm_nn(d_y, matrix_of(weights), *d_x);
}

// A layer normalisation and what its gradient needs.
struct Normalised {
  Matrix hat;
  FloatVector inverse_deviation;

  void forward(const Param& gain, const Param& shift, Matrix& x) {
    hat.resize(x.rows(), x.cols());
    inverse_deviation.resize(x.rows());
    layer_norm(x, gain.value.data(), shift.value.data(), x, &hat, inverse_deviation.data());
  }

  void backward(Param& gain, Param& shift, Matrix& d) const {
    gain.ensure_gradient();
    shift.ensure_gradient();
    backprop_layer_norm(d, hat, inverse_deviation.data(), gain.value.data(), gain.gradient.data(),
                        shift.gradient.data(), d);
  }
};

}  // namespace

class BertTuner::Layer {
 public:
  Layer(BertLayerParams params, size_t heads) : params_(std::move(params)), heads_(heads) {}

  // `x` becomes what the layer makes of it.
  void forward(Lengths lengths, Matrix& x) {
    x_ = x;
    linear(x_, params_.qkv, params_.qkv_bias, qkv_);
    mixed_.resize(x.rows(), x.cols());
    self_attention(qkv_, heads_, lengths, mixed_);
    linear(mixed_, params_.mix, params_.mix_bias, middle_);
    add_matrix(x_, middle_);
    mix_norm_.forward(params_.mix_gain, params_.mix_shift, middle_);
    linear(middle_, params_.widen, params_.widen_bias, wide_);
    inner_ = wide_;
    gelu(inner_);
    linear(inner_, params_.narrow, params_.narrow_bias, x);
    add_matrix(middle_, x);
    norm_.forward(params_.gain, params_.shift, x);
  }

  // `d`, the gradient of the output, becomes that of the input, unless `lowest`.
  void backward(Lengths lengths, bool lowest, Matrix& d) {
    norm_.backward(params_.gain, params_.shift, d);
    backprop_linear(d, inner_, params_.narrow, params_.narrow_bias, &d_wide_);
    backprop_gelu(wide_, d_wide_);
    backprop_linear(d_wide_, middle_, params_.widen, params_.widen_bias, &d_part_);
    add_matrix(d_part_, d);
    mix_norm_.backward(params_.mix_gain, params_.mix_shift, d);
    backprop_linear(d, mixed_, params_.mix, params_.mix_bias, &d_part_);
    d_qkv_.resize(qkv_.rows(), qkv_.cols());
    backprop_self_attention(qkv_, heads_, lengths, d_part_, d_qkv_);
    backprop_linear(d_qkv_, x_, params_.qkv, params_.qkv_bias, lowest ? nullptr : &d_part_);
    if (!lowest) add_matrix(d_part_, d);
  }

  BertLayerParams& params() { return params_; }
  const BertLayerParams& params() const { return params_; }

 private:
  BertLayerParams params_;
  size_t heads_;
  Matrix x_, qkv_, mixed_, middle_, wide_, inner_;
  Normalised mix_norm_, norm_;
  Matrix d_wide_, d_part_, d_qkv_;
};

BertTuner::BertTuner(const Bert& encoder, size_t first, size_t count)
    : encoder_(encoder), first_(first) {
  assert(count > 0 && first + count <= encoder.config().layers);
  for (size_t i = first; i < first + count; ++i) {
    layers_.emplace_back(encoder.layers().params(i), encoder.config().heads);
  }
}
BertTuner::~BertTuner() = default;

void BertTuner::forward(const Sequences& sequences, Matrix& sums) {
  lengths_.assign(sequences.lengths.begin(), sequences.lengths.end());
  encoder_.states_below(first_, sequences, inputs_);
  states_ = inputs_;
  forward_layers(sums);
}

void BertTuner::forward_moved(const Matrix& moves, Matrix& sums) {
  assert(moves.rows() == inputs_.rows() && moves.cols() == inputs_.cols());
  states_ = inputs_;
  add_matrix(moves, states_);
  forward_layers(sums);
}

void BertTuner::forward_layers(Matrix& sums) {
  for (Layer& layer : layers_) layer.forward(lengths_, states_);
  sums.resize(lengths_.size(), states_.cols());
  reduce_sum(states_, lengths_, sums);
}

void BertTuner::backward(ConstMatrixView d_sums, Matrix* d_inputs) {
  d_states_.resize(states_.rows(), states_.cols());
  backprop_reduce_sum(d_sums, lengths_, d_states_);
  for (size_t i = layers_.size(); i-- > 0;) {
    layers_[i].backward(lengths_, i == 0 && d_inputs == nullptr, d_states_);
  }
  if (d_inputs != nullptr) *d_inputs = d_states_;
}

std::vector<Param*> BertTuner::params() {
  std::vector<Param*> out;
  for (Layer& layer : layers_) {
    for (Param* param : layer.params().all()) out.push_back(param);
  }
  return out;
}

void BertTuner::write(Precision precision, const Sequences& sample, SafetensorsWriter& out) const {
  std::vector<BertLayerParams> layers;
  for (const Layer& layer : layers_) layers.push_back(layer.params());
  if (precision == Precision::kFloat32) {
    return write_bert_layers(encoder_.config(), layers, first_, precision, {}, out);
  }
  SafetensorsWriter floats;
  write_bert_layers(encoder_.config(), layers, first_, Precision::kFloat32, {}, floats);
  const std::string bytes = floats.finish();
  const BertLayers upper(encoder_.config(), Safetensors(bytes), Precision::kFloat32, first_,
                         layers.size());
  const std::vector<FloatVector> ranges = encoder_.input_ranges(sample, &upper);
  write_bert_layers(encoder_.config(), layers, first_, precision,
                    std::span(ranges).subspan(first_ * kProductsPerLayer), out);
}

void scale_moves(const Matrix& inputs, Lengths lengths, double share, Matrix& moves) {
  assert(moves.rows() == inputs.rows() && moves.cols() == inputs.cols());
  size_t first = 0;
  for (uint32_t tokens : lengths) {
    const size_t size = tokens * inputs.cols();
    const double steepness = std::sqrt(squared_norm(moves.row(first), size));
    const double length = std::sqrt(squared_norm(inputs.row(first), size));
    const double factor = steepness > 0.0 ? share * length / steepness : 0.0;
    scale(static_cast<float>(factor), moves.row(first), size);
    first += tokens;
  }
}

}  // namespace pawl::nn

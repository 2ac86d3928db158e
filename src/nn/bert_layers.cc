#include "nn/bert_layers.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "math/gemm.h"
#include "math/int8.h"
#include "math/transformer.h"
#include "nn/bert_reader.h"

namespace pawl::nn {

namespace {

// One or more linear layers over the same input, their outputs side by side.
class JoinedLinear {
 public:
  JoinedLinear(const BertReader& in, const std::vector<std::string>& names, size_t rows,
               size_t cols) {
    FloatVector bias;
    for (const std::string& name : names) {
      const FloatVector part = in.vector(name + ".bias", rows);
      bias.insert(bias.end(), part.begin(), part.end());
    }
    if (in.precision() == Precision::kInt8) {
      bytes_ = PackedInt8(gather_bytes(in, names, rows, cols), bias);
    } else {
      floats_ = PackedMatrix(gather_floats(in, names, rows, cols));
      bias_ = std::move(bias);
    }
  }

  size_t outputs() const { return bytes_.empty() ? floats_.rows() : bytes_.rows(); }

  void apply(ConstMatrixView x, Matrix& y) const {
    y.resize(x.rows, outputs());
    if (bytes_.empty()) {
      gemm(x, floats_, bias_.data(), y);
    } else {
      gemm_int8(x, bytes_, y);
    }
  }

  // Weights and biases: what unit vectors and the zero vector are made into.
  void read_params(Param& weights, Param& bias) const {
    const size_t cols = bytes_.empty() ? floats_.cols() : bytes_.cols();
    Matrix units(cols, cols), columns;
    for (size_t i = 0; i < cols; ++i) units(i, i) = 1.0f;
    apply(units, columns);
    Matrix zero(1, cols), shift;
    apply(zero, shift);
    weights.define({static_cast<int64_t>(outputs()), static_cast<int64_t>(cols)});
    bias.define({static_cast<int64_t>(outputs())});
    std::copy_n(shift.data(), shift.size(), bias.value.data());
    for (size_t i = 0; i < cols; ++i) {
      for (size_t o = 0; o < outputs(); ++o) {
        weights.value[o * cols + i] = columns(i, o) - bias.value[o];
      }
    }
  }

 private:
  static Matrix gather_floats(const BertReader& in, const std::vector<std::string>& names,
                              size_t rows, size_t cols) {
    Matrix all(names.size() * rows, cols);
    for (size_t i = 0; i < names.size(); ++i) {
      const Matrix part = in.floats(names[i] + ".weight", rows, cols);
      std::copy_n(part.data(), part.size(), all.row(i * rows));
    }
    return all;
  }

  static Int8Weights gather_bytes(const BertReader& in, const std::vector<std::string>& names,
                                  size_t rows, size_t cols) {
    Int8Weights all;
    std::vector<Int8Weights> parts;
    for (const std::string& name : names) {
      const Int8Weights& part = parts.emplace_back(in.matrix(name + ".weight", rows, cols));
      if (part.exact != parts.front().exact) {
        BertReader::refuse(name + ".weight" + kExactSuffix,
                           "differs from that of " + names.front());
      }
      all.values.insert(all.values.end(), part.values.begin(), part.values.end());
      all.scales.insert(all.scales.end(), part.scales.begin(), part.scales.end());
    }
    all.rows = names.size() * rows;
    all.cols = cols;
    all.exact = parts.front().exact;
    for (size_t e = 0; e < all.exact.size(); ++e) {
      for (const Int8Weights& part : parts) {
        const float* from = part.exact_weights.data() + e * rows;
        all.exact_weights.insert(all.exact_weights.end(), from, from + rows);
      }
    }
    return all;
  }

  PackedMatrix floats_;
  FloatVector bias_;
  PackedInt8 bytes_;
};

void widen_ranges(const Matrix& x, FloatVector& ranges) {
  ranges.resize(x.cols());
  for (size_t i = 0; i < x.rows(); ++i) {
    for (size_t k = 0; k < x.cols(); ++k) ranges[k] = std::max(ranges[k], std::abs(x(i, k)));
  }
}

}  // namespace

std::array<Param*, 12> BertLayerParams::all() {
  return {&qkv,   &qkv_bias,   &mix,    &mix_bias,    &mix_gain, &mix_shift,
          &widen, &widen_bias, &narrow, &narrow_bias, &gain,     &shift};
}

class BertLayers::Layer {
 public:
  Layer(const BertReader& in, const BertConfig& config, const std::string& name)
      : heads_(config.heads),
        qkv_(in,
             {name + "attention.self.query", name + "attention.self.key",
              name + "attention.self.value"},
             config.hidden, config.hidden),
        mix_(in, {name + "attention.output.dense"}, config.hidden, config.hidden),
        mix_norm_(in, name + "attention.output", config.hidden, config.eps),
        widen_(in, {name + "intermediate.dense"}, config.intermediate, config.hidden),
        narrow_(in, {name + "output.dense"}, config.hidden, config.intermediate),
        norm_(in, name + "output", config.hidden, config.eps) {}

  void apply(Lengths lengths, BertScratch& s, std::span<FloatVector> ranges) const {
    if (!ranges.empty()) widen_ranges(s.x, ranges[0]);
    qkv_.apply(s.x, s.qkv);
    s.mixed.resize(s.x.rows(), s.x.cols());
    self_attention(s.qkv, heads_, lengths, s.mixed);
    if (!ranges.empty()) widen_ranges(s.mixed, ranges[1]);
    mix_.apply(s.mixed, s.y);
    mix_norm_.apply(s.x, s.y, s.x);
    if (!ranges.empty()) widen_ranges(s.x, ranges[2]);
    widen_.apply(s.x, s.inner);
    gelu(s.inner);
    if (!ranges.empty()) widen_ranges(s.inner, ranges[3]);
    narrow_.apply(s.inner, s.y);
    norm_.apply(s.x, s.y, s.x);
  }

  BertLayerParams params() const {
    BertLayerParams out;
    qkv_.read_params(out.qkv, out.qkv_bias);
    mix_.read_params(out.mix, out.mix_bias);
    widen_.read_params(out.widen, out.widen_bias);
    narrow_.read_params(out.narrow, out.narrow_bias);
    mix_norm_.read_params(out.mix_gain, out.mix_shift);
    norm_.read_params(out.gain, out.shift);
    return out;
  }

 private:
  size_t heads_;
  JoinedLinear qkv_;
  JoinedLinear mix_;
  BertNorm mix_norm_;
  JoinedLinear widen_;
  JoinedLinear narrow_;
  BertNorm norm_;
};

BertLayers::BertLayers(const BertConfig& config, const Safetensors& weights, Precision precision,
                       size_t first, size_t count)
    : first_(first) {
  const BertReader in(weights, precision);
  for (size_t i = first; i < first + count; ++i) layers_.emplace_back(in, config, bert_layer(i));
}
BertLayers::~BertLayers() = default;
BertLayers::BertLayers(BertLayers&&) noexcept = default;
BertLayers& BertLayers::operator=(BertLayers&&) noexcept = default;

size_t BertLayers::end() const {
  return first_ + layers_.size();
}

void BertLayers::apply(size_t layer, Lengths lengths, BertScratch& scratch,
                       std::span<FloatVector> ranges) const {
  assert(layer >= first_ && layer < end());
  layers_[layer - first_].apply(lengths, scratch, ranges);
}

BertLayerParams BertLayers::params(size_t layer) const {
  assert(layer >= first_ && layer < end());
  return layers_[layer - first_].params();
}

}  // namespace pawl::nn

#include "nn/bert.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/error.h"
#include "math/gemm.h"
#include "math/int8.h"
#include "math/transformer.h"
#include "nn/bert_tensors.h"

namespace pawl::nn {

namespace {

// Sequences are run together up to this many tokens: enough to use the weights well, few enough for
// what lies between two layers to stay in the second-level cache.
constexpr size_t kTokensAtOnce = 128;

class Reader {
 public:
  Reader(const Safetensors& file, Precision precision) : file_(file), precision_(precision) {}

  Matrix floats(const std::string& name, size_t rows, size_t cols) const {
    Matrix out(rows, cols);
    file_.read_floats(file_.at(name, {rows, cols}), out.data());
    return out;
  }

  FloatVector vector(const std::string& name, size_t size) const {
    FloatVector out(size);
    file_.read_floats(file_.at(name, {size}), out.data());
    return out;
  }

  Int8Weights table(const std::string& name, size_t rows, size_t cols) const {
    Int8Weights out;
    const TensorInfo& info = file_.at(name, {rows, cols});
    const TensorInfo& scales = file_.at(name + kScaleSuffix, {rows});
    out.rows = rows;
    out.cols = cols;
    out.values.resize(info.elements);
    out.scales.resize(rows);
    file_.read_int8(info, out.values.data());
    file_.read_floats(scales, out.scales.data());
    return out;
  }

  Int8Weights matrix(const std::string& name, size_t rows, size_t cols) const {
    Int8Weights out = table(name, rows, cols);
    const TensorInfo* exact = file_.find(name + kExactSuffix);
    const size_t count = exact == nullptr ? 0 : exact->elements;
    const TensorInfo& weights = file_.at(name + kExactWeightsSuffix, {count, rows});
    out.exact.resize(count);
    if (count > 0) file_.read_uint32(file_.at(exact->name, {count}), out.exact.data());
    for (size_t e = 0; e < count; ++e) {
      if (out.exact[e] >= cols || (e > 0 && out.exact[e] <= out.exact[e - 1])) {
        refuse(name + kExactSuffix, "is not a rising list of columns");
      }
    }
    out.exact_weights.resize(weights.elements);
    file_.read_floats(weights, out.exact_weights.data());
    if (!fits_products(out)) refuse(name, "has neighbours that overflow 16 bits together");
    return out;
  }

  [[noreturn]] static void refuse(const std::string& tensor, const std::string& what) {
    throw Error(ErrorKind::kFormat, "tensor '" + tensor + "' " + what);
  }

  Precision precision() const { return precision_; }

 private:
  const Safetensors& file_;
  Precision precision_;
};

// One or more linear layers over the same input, their outputs side by side.
class Dense {
 public:
  Dense(const Reader& in, const std::vector<std::string>& names, size_t rows, size_t cols) {
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

 private:
  static Matrix gather_floats(const Reader& in, const std::vector<std::string>& names, size_t rows,
                              size_t cols) {
    Matrix all(names.size() * rows, cols);
    for (size_t i = 0; i < names.size(); ++i) {
      const Matrix part = in.floats(names[i] + ".weight", rows, cols);
      std::copy_n(part.data(), part.size(), all.row(i * rows));
    }
    return all;
  }

  static Int8Weights gather_bytes(const Reader& in, const std::vector<std::string>& names,
                                  size_t rows, size_t cols) {
    Int8Weights all;
    std::vector<Int8Weights> parts;
    for (const std::string& name : names) {
      const Int8Weights& part = parts.emplace_back(in.matrix(name + ".weight", rows, cols));
      if (part.exact != parts.front().exact) {
        Reader::refuse(name + ".weight" + kExactSuffix, "differs from that of " + names.front());
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

struct Norm {
  FloatVector gain, bias;
  float eps;

  Norm(const Reader& in, const std::string& name, size_t width, double epsilon)
      : gain(in.vector(name + ".LayerNorm.weight", width)),
        bias(in.vector(name + ".LayerNorm.bias", width)),
        eps(static_cast<float>(epsilon)) {}

  void apply(ConstMatrixView x, ConstMatrixView y, MatrixView out) const {
    add_layer_norm(x, y, gain.data(), bias.data(), eps, out);
  }
};

class Embeddings {
 public:
  Embeddings(const Reader& in, const BertConfig& config)
      : positions_(
            in.floats("embeddings.position_embeddings.weight", config.positions, config.hidden)),
        norm_(in, "embeddings", config.hidden, config.eps) {
    const char* words = "embeddings.word_embeddings.weight";
    if (in.precision() == Precision::kInt8) {
      bytes_ = in.table(words, config.vocabulary, config.hidden);
    } else {
      floats_ = in.floats(words, config.vocabulary, config.hidden);
    }
    const Matrix types =
        in.floats("embeddings.token_type_embeddings.weight", config.types, config.hidden);
    for (size_t i = 0; i < config.positions; ++i) {
      add(types.row(0), positions_.row(i), config.hidden);
    }
  }

  void apply(std::span<const uint32_t> ids, Lengths lengths, Matrix& out) const {
    const size_t width = positions_.cols();
    out.resize(ids.size(), width);
    size_t row = 0;
    for (const uint32_t length : lengths) {
      assert(length <= positions_.rows());
      for (size_t i = 0; i < length; ++i, ++row) {
        look_up(ids[row], out.row(row));
        add(positions_.row(i), out.row(row), width);
      }
    }
    norm_.apply(out, {}, out);
  }

 private:
  void look_up(uint32_t id, float* out) const {
    const size_t width = positions_.cols();
    if (bytes_.rows == 0) {
      assert(id < floats_.rows());
      std::copy_n(floats_.row(id), width, out);
      return;
    }
    assert(id < bytes_.rows);
    const int8_t* from = bytes_.values.data() + id * width;
    for (size_t k = 0; k < width; ++k) out[k] = bytes_.scales[id] * static_cast<float>(from[k]);
  }

  Matrix floats_;
  Int8Weights bytes_;
  Matrix positions_;  // with the embedding of token type 0 in it
  Norm norm_;
};

struct Scratch {
  Matrix x, qkv, mixed, inner, y;
};

// Greatest absolute values of the inputs of a layer's products.
using LayerRanges = std::span<FloatVector>;

void widen_ranges(const Matrix& x, FloatVector& ranges) {
  ranges.resize(x.cols());
  for (size_t i = 0; i < x.rows(); ++i) {
    for (size_t k = 0; k < x.cols(); ++k) ranges[k] = std::max(ranges[k], std::abs(x(i, k)));
  }
}

class Layer {
 public:
  Layer(const Reader& in, const BertConfig& config, const std::string& name)
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

  // `ranges` may be empty.
  void apply(Lengths lengths, Scratch& s, LayerRanges ranges) const {
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

 private:
  size_t heads_;
  Dense qkv_;
  Dense mix_;
  Norm mix_norm_;
  Dense widen_;
  Dense narrow_;
  Norm norm_;
};

}  // namespace

struct Bert::Weights {
  Embeddings embeddings;
  std::vector<Layer> layers;

  Weights(const Reader& in, const BertConfig& config) : embeddings(in, config) {
    for (size_t i = 0; i < config.layers; ++i) layers.emplace_back(in, config, bert_layer(i));
  }

  // The last hidden states, in a buffer of the thread. `ranges`: of all products, or empty.
  // `inner`: null or the sum of the states of the layers between first and last.
  const Matrix& run(const Sequences& sequences, std::span<FloatVector> ranges,
                    Matrix* inner = nullptr) const {
    thread_local Scratch scratch;
    embeddings.apply(sequences.ids, sequences.lengths, scratch.x);
    for (size_t i = 0; i < layers.size(); ++i) {
      const size_t count = ranges.empty() ? 0 : kProductsPerLayer;
      layers[i].apply(sequences.lengths, scratch, ranges.subspan(i * count, count));
      if (inner == nullptr) continue;
      if (i == 0) inner->reset(scratch.x.rows(), scratch.x.cols());
      if (i > 0 && i + 1 < layers.size()) add_matrix(scratch.x, *inner);
    }
    return scratch.x;
  }
};

Bert::Bert(const BertConfig& config, const Safetensors& weights, Precision precision)
    : config_(config), weights_(std::make_unique<Weights>(Reader(weights, precision), config)) {}
Bert::~Bert() = default;
Bert::Bert(Bert&&) noexcept = default;
Bert& Bert::operator=(Bert&&) noexcept = default;

// run(group, first): groups of whole sequences, `first` counts those before.
template <typename Run>
void Bert::for_groups(Sequences sequences, Run&& run) const {
  const Lengths lengths = sequences.lengths;
  std::span<const uint32_t> ids = sequences.ids;
  size_t first = 0;
  while (first < lengths.size()) {
    size_t tokens = lengths[first];
    size_t count = 1;
    while (first + count < lengths.size() && tokens + lengths[first + count] <= kTokensAtOnce) {
      tokens += lengths[first + count++];
    }
    run(Sequences{ids.first(tokens), lengths.subspan(first, count)}, first);
    ids = ids.subspan(tokens);
    first += count;
  }
  assert(ids.empty());
}

void Bert::sum_states(const Sequences& sequences, MatrixView sums) const {
  assert(sums.rows == sequences.lengths.size() && sums.cols == config_.hidden);
  for_groups(sequences, [&](const Sequences& group, size_t first) {
    const Matrix& states = weights_->run(group, {});
    reduce_sum(states, group.lengths, sums.slice_rows(first, group.lengths.size()));
  });
}

void Bert::sum_states(const Sequences& sequences, MatrixView sums, MatrixView inner) const {
  assert(sums.rows == sequences.lengths.size() && sums.cols == config_.hidden);
  assert(inner.rows == sums.rows && inner.cols == sums.cols);
  thread_local Matrix states_between;
  const size_t between = config_.layers > 2 ? config_.layers - 2 : 1;
  for_groups(sequences, [&](const Sequences& group, size_t first) {
    const size_t count = group.lengths.size();
    const Matrix& states = weights_->run(group, {}, &states_between);
    reduce_sum(states, group.lengths, sums.slice_rows(first, count));
    reduce_sum(states_between, group.lengths, inner.slice_rows(first, count));
    for (size_t i = first; i < first + count; ++i) {
      scale(1.0f / static_cast<float>(between), inner.row(i), inner.cols);
    }
  });
}

void Bert::embed(const Sequences& sequences, Matrix& states) const {
  weights_->embeddings.apply(sequences.ids, sequences.lengths, states);
}

std::vector<FloatVector> Bert::input_ranges(const Sequences& sequences) const {
  std::vector<FloatVector> ranges(config_.layers * kProductsPerLayer);
  for_groups(sequences, [&](const Sequences& group, size_t) { weights_->run(group, ranges); });
  return ranges;
}

}  // namespace pawl::nn

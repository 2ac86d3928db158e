// Layers of a BERT encoder that follow one another, ready to run: all of an encoder's, or others
// that take the place of its upper ones.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/safetensors.h"
#include "math/ops.h"
#include "nn/bert_config.h"
#include "nn/model.h"

namespace pawl::nn {

// What a layer is made of: weights [outputs, inputs] and what is added or multiplied behind them.
struct BertLayerParams {
  Param qkv, qkv_bias;  // query, key and value one after another
  Param mix, mix_bias, mix_gain, mix_shift;
  Param widen, widen_bias;
  Param narrow, narrow_bias, gain, shift;

  std::array<Param*, 12> all();
};

// Matrices a layer's calls share; `x` holds the states, before a layer and after it.
struct BertScratch {
  Matrix x, qkv, mixed, inner, y;
};

// Immutable; safe for concurrent use with a scratch of one's own. Runs on the instruction set that
// was active when it was made.
class BertLayers {
 public:
  // Layers `first` ... `first` + `count` - 1, by the names transformers gives them. Throws
  // Error(kFormat) naming the tensor.
  BertLayers(const BertConfig& config, const Safetensors& weights, Precision precision,
             size_t first, size_t count);
  ~BertLayers();
  BertLayers(BertLayers&&) noexcept;
  BertLayers& operator=(BertLayers&&) noexcept;

  size_t first() const { return first_; }
  size_t end() const;  // one behind the last

  // Layer `layer`, counted as in the encoder (asserted). `ranges`: empty, or for each of the
  // layer's products the greatest absolute value of each input channel so far.
  void apply(size_t layer, Lengths lengths, BertScratch& scratch,
             std::span<FloatVector> ranges = {}) const;

  // The values the layer computes with: those of int8 weights as floats.
  BertLayerParams params(size_t layer) const;

 private:
  class Layer;
  size_t first_;
  std::vector<Layer> layers_;
};

// Writes layers `first` and on, as convert_bert does; for kInt8 the channels with the greatest
// `ranges` (kProductsPerLayer a layer) stay exact.
void write_bert_layers(const BertConfig& config, std::span<const BertLayerParams> layers,
                       size_t first, Precision precision, std::span<const FloatVector> ranges,
                       SafetensorsWriter& out);

}  // namespace pawl::nn

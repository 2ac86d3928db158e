// The tensors of a BertModel: their names and shapes, once for importing and for loading.
#pragma once

#include <string>
#include <vector>

#include "nn/bert_config.h"

namespace pawl::nn {

struct BertTensor {
  std::string name;
  std::vector<uint64_t> shape;
  enum Kind { kPlain, kTable, kMatrix } kind = kPlain;  // what becomes of it when quantised
  size_t product = 0;  // of a matrix: which product of the network, counted over all layers
};

// In the order in which they are written.
std::vector<BertTensor> bert_tensors(const BertConfig& config);
// Those of one layer: query, key, value, what mixes the heads, its normalisation, the two layers of
// the network, its normalisation; weights before biases.
std::vector<BertTensor> bert_layer_tensors(const BertConfig& config, size_t layer);

// "encoder.layer.3."
std::string bert_layer(size_t layer);

inline constexpr const char* kScaleSuffix = ".scale";
inline constexpr const char* kExactSuffix = ".exact";
inline constexpr const char* kExactWeightsSuffix = ".exact_weights";
inline constexpr size_t kProductsPerLayer = 4;

}  // namespace pawl::nn

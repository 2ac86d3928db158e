// The tensors of a BertModel: their names and shapes, once for importing and for loading.
#pragma once

#include <string>
#include <vector>

#include "nn/bert.h"

namespace pawl::nn {

struct BertTensor {
  std::string name;
  std::vector<uint64_t> shape;
  bool quantised;  // of one byte per element when the precision is kInt8
};

// In the order in which they are written.
std::vector<BertTensor> bert_tensors(const BertConfig& config);

// "encoder.layer.3."
std::string bert_layer(size_t layer);

inline constexpr const char* kScaleSuffix = ".scale";

}  // namespace pawl::nn

// The sizes of a BERT encoder, and the precision of its weights.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"

namespace pawl::nn {

enum class Precision { kFloat32, kInt8 };

std::string_view precision_name(Precision precision);  // "float32", "int8"
// Throws Error(kInvalidInput) for another name.
Precision parse_precision(std::string_view name);

struct BertConfig {
  size_t layers = 0;
  size_t hidden = 0;
  size_t heads = 0;
  size_t intermediate = 0;
  size_t vocabulary = 0;
  size_t positions = 0;
  size_t types = 0;
  double eps = 1e-12;
};

// From and to the keys of transformers' config.json. Throws Error(kFormat) for a key that is
// missing or out of bounds, Error(kUnsupported) for what is not computed here: a model_type other
// than bert, another activation than gelu, relative positions, decoders.
BertConfig read_bert_config(const Json& config);
Json to_json(const BertConfig& config);

}  // namespace pawl::nn

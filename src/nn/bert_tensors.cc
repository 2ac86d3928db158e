#include "nn/bert_tensors.h"

#include "base/error.h"
#include "math/int8.h"
#include "math/matrix.h"

namespace pawl::nn {

namespace {

void add_linear(std::vector<BertTensor>& out, const std::string& name, size_t rows, size_t cols) {
  out.push_back({name + ".weight", {rows, cols}, true});
  out.push_back({name + ".bias", {rows}, false});
}

void add_norm(std::vector<BertTensor>& out, const std::string& name, size_t width) {
  out.push_back({name + ".LayerNorm.weight", {width}, false});
  out.push_back({name + ".LayerNorm.bias", {width}, false});
}

void add_quantised(const BertTensor& tensor, const FloatVector& values, SafetensorsWriter& out) {
  const Int8Weights weights =
      quantize_weights(ConstMatrixView(values.data(), tensor.shape[0], tensor.shape[1]));
  out.add_int8(tensor.name, tensor.shape, weights.values.data());
  out.add_floats(tensor.name + kScaleSuffix, {tensor.shape[0]}, weights.scales.data());
}

}  // namespace

std::string bert_layer(size_t layer) {
  return "encoder.layer." + std::to_string(layer) + ".";
}

std::vector<BertTensor> bert_tensors(const BertConfig& config) {
  std::vector<BertTensor> out;
  const size_t width = config.hidden;
  out.push_back({"embeddings.word_embeddings.weight", {config.vocabulary, width}, true});
  out.push_back({"embeddings.position_embeddings.weight", {config.positions, width}, false});
  out.push_back({"embeddings.token_type_embeddings.weight", {config.types, width}, false});
  add_norm(out, "embeddings", width);
  for (size_t i = 0; i < config.layers; ++i) {
    const std::string layer = bert_layer(i);
    for (const char* part : {"query", "key", "value"}) {
      add_linear(out, layer + "attention.self." + part, width, width);
    }
    add_linear(out, layer + "attention.output.dense", width, width);
    add_norm(out, layer + "attention.output", width);
    add_linear(out, layer + "intermediate.dense", config.intermediate, width);
    add_linear(out, layer + "output.dense", width, config.intermediate);
    add_norm(out, layer + "output", width);
  }
  return out;
}

void convert_bert(const BertConfig& config, const Safetensors& source, Precision precision,
                  SafetensorsWriter& out) {
  const std::vector<BertTensor> tensors = bert_tensors(config);
  const std::string prefix = source.find(tensors.front().name) == nullptr ? "bert." : "";
  if (source.find(prefix + tensors.front().name) == nullptr) source.at(tensors.front().name, {});
  FloatVector values;
  for (const BertTensor& tensor : tensors) {
    const TensorInfo& info = source.at(prefix + tensor.name, tensor.shape);
    values.resize(info.elements);
    source.read_floats(info, values.data());
    if (precision == Precision::kInt8 && tensor.quantised) {
      add_quantised(tensor, values, out);
    } else {
      out.add_floats(tensor.name, tensor.shape, values.data());
    }
  }
}

}  // namespace pawl::nn

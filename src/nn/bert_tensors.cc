#include "nn/bert_tensors.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/error.h"
#include "math/int8.h"
#include "math/matrix.h"
#include "nn/bert.h"

namespace pawl::nn {

namespace {

// Channels that stay float32, at most. With them the lowest cosine of MiniLM's int8 vectors rises
// from 0.992 to 0.998; more of them change little.
constexpr size_t kExactChannels = 8;

using Kind = BertTensor::Kind;

void add_linear(std::vector<BertTensor>& out, const std::string& name, size_t rows, size_t cols,
                size_t product) {
  out.push_back({name + ".weight", {rows, cols}, Kind::kMatrix, product});
  out.push_back({name + ".bias", {rows}});
}

void add_norm(std::vector<BertTensor>& out, const std::string& name, size_t width) {
  out.push_back({name + ".LayerNorm.weight", {width}});
  out.push_back({name + ".LayerNorm.bias", {width}});
}

// The channels of the greatest values, rising.
std::vector<uint32_t> exact_channels(const FloatVector& ranges) {
  std::vector<uint32_t> order(ranges.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, std::greater<>(), [&](uint32_t i) { return ranges[i]; });
  order.resize(std::min(kExactChannels, ranges.size() / 4));
  std::ranges::sort(order);
  return order;
}

void add_table(const BertTensor& tensor, ConstMatrixView values, SafetensorsWriter& out) {
  const Int8Weights table = quantize_table(values);
  out.add_int8(tensor.name, tensor.shape, table.values.data());
  out.add_floats(tensor.name + kScaleSuffix, {tensor.shape[0]}, table.scales.data());
}

void add_matrix(const BertTensor& tensor, ConstMatrixView values, const FloatVector& ranges,
                SafetensorsWriter& out) {
  const Int8Weights weights = quantize_weights(values, exact_channels(ranges));
  const uint64_t exact = weights.exact.size();
  out.add_int8(tensor.name, tensor.shape, weights.values.data());
  out.add_floats(tensor.name + kScaleSuffix, {tensor.shape[0]}, weights.scales.data());
  out.add_uint32(tensor.name + kExactSuffix, {exact}, weights.exact.data());
  out.add_floats(tensor.name + kExactWeightsSuffix, {exact, tensor.shape[0]},
                 weights.exact_weights.data());
}

void add_quantized(const BertTensor& tensor, const float* values,
                   const std::vector<FloatVector>& ranges, SafetensorsWriter& out) {
  if (tensor.kind == Kind::kPlain) {
    out.add_floats(tensor.name, tensor.shape, values);
    return;
  }
  const ConstMatrixView matrix(values, tensor.shape[0], tensor.shape[1]);
  if (tensor.kind == Kind::kTable) {
    add_table(tensor, matrix, out);
  } else {
    add_matrix(tensor, matrix, ranges[tensor.product], out);
  }
}

// In the order of bert_layer_tensors.
std::vector<const float*> values_of(const BertLayerParams& layer, size_t width) {
  std::vector<const float*> values;
  for (size_t part = 0; part < 3; ++part) {
    values.push_back(layer.qkv.value.data() + part * width * width);
    values.push_back(layer.qkv_bias.value.data() + part * width);
  }
  for (const Param* param :
       {&layer.mix, &layer.mix_bias, &layer.mix_gain, &layer.mix_shift, &layer.widen,
        &layer.widen_bias, &layer.narrow, &layer.narrow_bias, &layer.gain, &layer.shift}) {
    values.push_back(param->value.data());
  }
  return values;
}

void convert_floats(const BertConfig& config, const Safetensors& source, SafetensorsWriter& out) {
  const std::vector<BertTensor> tensors = bert_tensors(config);
  const bool has_prefix = source.find("bert." + tensors.front().name) != nullptr;
  FloatVector values;
  for (const BertTensor& tensor : tensors) {
    const TensorInfo& info = source.at((has_prefix ? "bert." : "") + tensor.name, tensor.shape);
    values.resize(info.elements);
    source.read_floats(info, values.data());
    out.add_floats(tensor.name, tensor.shape, values.data());
  }
}

}  // namespace

std::string bert_layer(size_t layer) {
  return "encoder.layer." + std::to_string(layer) + ".";
}

std::vector<BertTensor> bert_layer_tensors(const BertConfig& config, size_t layer) {
  std::vector<BertTensor> out;
  const size_t width = config.hidden;
  const std::string name = bert_layer(layer);
  const size_t product = layer * kProductsPerLayer;
  for (const char* part : {"query", "key", "value"}) {
    add_linear(out, name + "attention.self." + part, width, width, product);
  }
  add_linear(out, name + "attention.output.dense", width, width, product + 1);
  add_norm(out, name + "attention.output", width);
  add_linear(out, name + "intermediate.dense", config.intermediate, width, product + 2);
  add_linear(out, name + "output.dense", width, config.intermediate, product + 3);
  add_norm(out, name + "output", width);
  return out;
}

std::vector<BertTensor> bert_tensors(const BertConfig& config) {
  std::vector<BertTensor> out;
  const size_t width = config.hidden;
  out.push_back({"embeddings.word_embeddings.weight", {config.vocabulary, width}, Kind::kTable});
  out.push_back({"embeddings.position_embeddings.weight", {config.positions, width}});
  out.push_back({"embeddings.token_type_embeddings.weight", {config.types, width}});
  add_norm(out, "embeddings", width);
  for (size_t i = 0; i < config.layers; ++i) {
    for (BertTensor& tensor : bert_layer_tensors(config, i)) out.push_back(std::move(tensor));
  }
  return out;
}

void convert_bert(const BertConfig& config, const Safetensors& source, Precision precision,
                  const Sequences& calibration, SafetensorsWriter& out) {
  if (precision == Precision::kFloat32) return convert_floats(config, source, out);
  SafetensorsWriter writer;
  convert_floats(config, source, writer);
  const std::string bytes = writer.finish();
  const Safetensors floats(bytes);
  const std::vector<FloatVector> ranges =
      Bert(config, floats, Precision::kFloat32).input_ranges(calibration);
  FloatVector values;
  for (const BertTensor& tensor : bert_tensors(config)) {
    const TensorInfo& info = floats.at(tensor.name, tensor.shape);
    values.resize(info.elements);
    floats.read_floats(info, values.data());
    add_quantized(tensor, values.data(), ranges, out);
  }
}

void write_bert_layers(const BertConfig& config, std::span<const BertLayerParams> layers,
                       size_t first, Precision precision, std::span<const FloatVector> ranges,
                       SafetensorsWriter& out) {
  std::vector<FloatVector> of_products(first * kProductsPerLayer);
  of_products.insert(of_products.end(), ranges.begin(), ranges.end());
  for (size_t i = 0; i < layers.size(); ++i) {
    const std::vector<const float*> values = values_of(layers[i], config.hidden);
    const std::vector<BertTensor> tensors = bert_layer_tensors(config, first + i);
    for (size_t t = 0; t < tensors.size(); ++t) {
      if (precision == Precision::kInt8) {
        add_quantized(tensors[t], values[t], of_products, out);
      } else {
        out.add_floats(tensors[t].name, tensors[t].shape, values[t]);
      }
    }
  }
}

}  // namespace pawl::nn

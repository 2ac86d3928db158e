#include "nn/bert_tensors.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/error.h"
#include "math/int8.h"
#include "math/matrix.h"

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

std::vector<BertTensor> bert_tensors(const BertConfig& config) {
  std::vector<BertTensor> out;
  const size_t width = config.hidden;
  out.push_back({"embeddings.word_embeddings.weight", {config.vocabulary, width}, Kind::kTable});
  out.push_back({"embeddings.position_embeddings.weight", {config.positions, width}});
  out.push_back({"embeddings.token_type_embeddings.weight", {config.types, width}});
  add_norm(out, "embeddings", width);
  for (size_t i = 0; i < config.layers; ++i) {
    const std::string layer = bert_layer(i);
    const size_t product = i * kProductsPerLayer;
    for (const char* part : {"query", "key", "value"}) {
      add_linear(out, layer + "attention.self." + part, width, width, product);
    }
    add_linear(out, layer + "attention.output.dense", width, width, product + 1);
    add_norm(out, layer + "attention.output", width);
    add_linear(out, layer + "intermediate.dense", config.intermediate, width, product + 2);
    add_linear(out, layer + "output.dense", width, config.intermediate, product + 3);
    add_norm(out, layer + "output", width);
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
    if (tensor.kind == Kind::kPlain) {
      out.add_floats(tensor.name, tensor.shape, values.data());
      continue;
    }
    const ConstMatrixView matrix(values.data(), tensor.shape[0], tensor.shape[1]);
    if (tensor.kind == Kind::kTable) {
      add_table(tensor, matrix, out);
    } else {
      add_matrix(tensor, matrix, ranges[tensor.product], out);
    }
  }
}

}  // namespace pawl::nn

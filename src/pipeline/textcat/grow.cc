#include "pipeline/textcat/grow.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace pawl {

namespace {

constexpr float kWaitingLimit = -1000.0f;

float start_bias() {
  return static_cast<float>(std::log(kStartProbability / (1.0 - kStartProbability)));
}

nn::Node* find_node(nn::Node& root, std::string_view name) {
  for (nn::Node* node : nn::walk(root)) {
    if (node->name == name) return node;
  }
  return nullptr;
}

nn::Node* find_output(nn::Node& root) {
  nn::Node* node = find_node(root, "softmax");
  return node ? node : find_node(root, "linear");
}

// Row-major [rows, cols] to [new_rows, new_cols]; columns from `at` on move to the right. New
// values are zero.
void regrid(nn::Param& param, std::vector<int64_t> shape, size_t rows, size_t cols, size_t new_cols,
            size_t at) {
  const FloatVector old = param.value;
  param.define(std::move(shape));
  for (size_t i = 0; i < rows; ++i) {
    const float* from = old.data() + i * cols;
    float* to = param.value.data() + i * new_cols;
    std::copy_n(from, at, to);
    std::copy(from + at, from + cols, to + at + (new_cols - cols));
  }
}

void grow_bias(nn::Param& bias, size_t labels, float fill) {
  const size_t old = bias.size();
  const int64_t size = static_cast<int64_t>(labels);
  regrid(bias, {size}, 1, old, labels, old);
  std::fill(bias.value.begin() + static_cast<std::ptrdiff_t>(old), bias.value.end(), fill);
  bias.changed();
}

void grow_sparse_linear(nn::Node& node, size_t labels, float bias) {
  nn::Param& weights = node.param("W");
  weights.settle();
  weights.pending.reset();
  const size_t old = static_cast<size_t>(*node.dim("nO"));
  const size_t length = static_cast<size_t>(*node.dim("length"));
  const std::vector<int64_t> shape = {static_cast<int64_t>(length * labels)};
  if (weights.transposed) {
    weights.row_width = labels;
    regrid(weights, shape, length, old, labels, old);
  } else {
    regrid(weights, shape, 1, weights.size(), length * labels, weights.size());
  }
  weights.changed();
  grow_bias(node.param("b"), labels, bias);
  node.set_dim("nO", static_cast<int64_t>(labels));
}

// `bow_labels` is the number of leading inputs that are scores of labels (the ensemble's), or 0.
void grow_output(nn::Node& node, size_t labels, size_t bow_labels, float bias) {
  nn::Param& weights = node.param("W");
  const size_t old = static_cast<size_t>(*node.dim("nO"));
  const size_t in = static_cast<size_t>(*node.dim("nI"));
  const size_t new_in = bow_labels > 0 ? in + (labels - old) : in;
  regrid(weights, {static_cast<int64_t>(labels), static_cast<int64_t>(new_in)}, old, in, new_in,
         bow_labels);
  // The new label trusts its bag of words as much as old labels, on average, have learnt to.
  float trust = 0.0f;
  for (size_t i = 0; i < bow_labels; ++i) trust += weights.value[i * new_in + i];
  for (size_t i = bow_labels; bow_labels > 0 && i < labels; ++i) {
    weights.value[i * new_in + i] = trust / static_cast<float>(bow_labels);
  }
  weights.changed();
  grow_bias(node.param("b"), labels, bias);
  node.set_dim("nO", static_cast<int64_t>(labels));
  node.set_dim("nI", static_cast<int64_t>(new_in));
}

bool has_value(const nn::Node& node, std::string_view key) {
  for (const auto& [name, value] : node.dims) {
    if (name == key) return value.has_value();
  }
  return false;
}

bool is_activation(const nn::Node& node) {
  return node.name == "logistic" || node.name == "with_cpu(logistic)" ||
         node.name == "with_cpu(softmax_activation)";
}

// The containers whose output is the labels' scores, from the outside in.
void widen_containers(nn::Node& node, int64_t labels) {
  if (has_value(node, "nO")) node.set_dim("nO", labels);
  for (size_t i = node.layers.size(); i-- > 0;) {
    if (is_activation(*node.layers[i])) continue;
    widen_containers(*node.layers[i], labels);
    return;
  }
}

}  // namespace

void grow_labels(nn::Node& root, TextcatKind kind, size_t labels) {
  nn::Node* bow = find_node(root, "sparse_linear");
  nn::Node* output = find_output(root);
  if ((kind != TextcatKind::kReduce && !bow) || (kind != TextcatKind::kBow && !output)) {
    throw Error(ErrorKind::kInternal, "the tree '" + root.name + "' has no layer for labels");
  }
  const bool competing = !root.attr("multi_label")->as_bool();
  const float last_bias = competing ? kWaitingBias : start_bias();
  const int64_t count = static_cast<int64_t>(labels);
  if (kind == TextcatKind::kEnsemble) {
    const int64_t width = *root.ref("tok2vec")->dim("nO");
    const bool softmax = find_node(*root.layers[0]->layers[0], "softmax_activation") != nullptr;
    grow_output(*output, labels, static_cast<size_t>(*bow->dim("nO")), last_bias);
    grow_sparse_linear(*bow, labels, softmax ? kWaitingBias : 0.0f);
    widen_containers(root, count);
    widen_containers(*root.layers[0]->layers[0], count);
    if (has_value(*root.layers[0], "nO")) root.layers[0]->set_dim("nO", count + width);
    return;
  }
  if (kind == TextcatKind::kBow) {
    const bool activated = find_node(root, "softmax_activation") || find_node(root, "logistic");
    grow_sparse_linear(*bow, labels, activated ? last_bias : 0.0f);
  } else {
    grow_output(*output, labels, 0, last_bias);
  }
  widen_containers(root, count);
}

bool is_waiting(const nn::Param& bias, size_t label) {
  return bias.value[label] <= kWaitingLimit;
}

std::vector<nn::Param*> start_labels(const std::vector<TextcatNetwork::Partition>& partitions,
                                     const std::vector<bool>& wanted) {
  std::vector<nn::Param*> changed;
  for (const auto& [bias, mean_log] : partitions) {
    bool any = false;
    for (size_t j = 0; j < wanted.size(); ++j) {
      if (!wanted[j] || !is_waiting(*bias, j)) continue;
      bias->value[j] = static_cast<float>(mean_log) + start_bias();
      any = true;
    }
    if (!any) continue;
    bias->changed();
    changed.push_back(bias);
  }
  return changed;
}

}  // namespace pawl

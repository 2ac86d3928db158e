#include "nn/builders.h"

#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "nn/dense.h"

namespace pawl::nn {

namespace {

using Dims = std::vector<std::pair<std::string, Size>>;

int64_t needed(const Node& node, const char* key) {
  if (const auto value = node.dim(key)) return *value;
  throw Error(ErrorKind::kInternal, "the layer '" + node.name +
                                        "' cannot be initialised while its dimension '" + key +
                                        "' is unset");
}

void fill_uniform(Param& param, double low, double high, Rng& rng) {
  for (float& value : param.value) value = static_cast<float>(low + (high - low) * rng.uniform());
}

// thinc takes the first two sizes of the shape, whatever they mean.
void fill_glorot(Param& param, Rng& rng) {
  const double scale = std::sqrt(6.0 / static_cast<double>(param.shape[0] + param.shape[1]));
  fill_uniform(param, -scale, scale, rng);
}

// Defines the parameter unless it is already; says whether it did.
bool define(Node& node, const char* key, std::vector<int64_t> shape) {
  Param& param = node.param(key);
  if (param.defined) return false;
  param.define(std::move(shape));
  return true;
}

NodePtr make_leaf(const char* name, Dims dims, std::vector<const char*> params,
                  std::function<void(Node&, Rng&)> initializer) {
  NodePtr node = std::make_shared<Node>();
  node->name = name;
  node->dims = std::move(dims);
  for (const char* param : params) node->add_param(param);
  node->initializer = std::move(initializer);
  return node;
}

NodePtr make_affine(const char* name, Size nO, Size nI, Init weights) {
  return make_leaf(name, {{"nO", nO}, {"nI", nI}}, {"W", "b"}, [weights](Node& node, Rng& rng) {
    const int64_t out = needed(node, "nO");
    if (define(node, "W", {out, needed(node, "nI")}) && weights == Init::kGlorotUniform) {
      fill_glorot(node.param("W"), rng);
    }
    define(node, "b", {out});
  });
}

bool has_dim(const Node& node, std::string_view key) {
  for (const auto& dim : node.dims) {
    if (dim.first == key) return true;
  }
  return false;
}

Size dim_of(const Node& node, std::string_view key) {
  return has_dim(node, key) ? node.dim(key) : Size();
}

// The child's value, when it has one, becomes the container's.
void inherit(Node& node, const Node& child, const char* key) {
  if (const Size value = dim_of(child, key)) node.set_dim(key, *value);
}

NodePtr make_container(std::string name, std::vector<NodePtr> layers, Dims dims,
                       std::function<void(Node&, Rng&)> after) {
  NodePtr node = make_node(std::move(name), {}, std::move(layers));
  node->dims = std::move(dims);
  node->initializer = [after](Node& self, Rng& rng) {
    for (const auto& layer : self.layers) initialize(*layer, rng);
    after(self, rng);
  };
  return node;
}

// A node around one other, whose dimensions it has when it is made.
NodePtr make_wrapper(const std::string& name, NodePtr layer,
                     std::function<void(Node&, Rng&)> after) {
  Dims dims = layer->dims;
  const std::string full_name = name + "(" + layer->name + ")";
  return make_container(full_name, {std::move(layer)}, std::move(dims), std::move(after));
}

void inherit_all(Node& self, Rng&) {
  for (const auto& dim : self.layers[0]->dims) inherit(self, *self.layers[0], dim.first.c_str());
}

// thinc leaves the dimensions of these wrappers as they were made.
void keep_dims(Node&, Rng&) {}

std::string join_names(const std::vector<NodePtr>& layers, const char* separator) {
  std::string name;
  for (const auto& layer : layers) {
    if (!name.empty()) name += separator;
    name += layer->name;
  }
  return name;
}

NodePtr make_sparse(Size nO, int64_t length, bool v1) {
  NodePtr node = make_leaf("sparse_linear", {{"nO", nO}, {"length", length}}, {"W", "b"},
                           [v1](Node& self, Rng&) {
                             const int64_t out = needed(self, "nO");
                             Param& weights = self.param("W");
                             weights.row_width = v1 ? 1 : static_cast<size_t>(out);
                             define(self, "W", {out * needed(self, "length")});
                             define(self, "b", {out});
                           });
  node->attrs = {{"v1_indexing", Msgpack(v1)}};
  node->param("W").sparse_rows = true;
  node->param("W").transposed = !v1;
  return node;
}

void set_query(Node& node, Rng& rng) {
  if (define(node, "Q", {needed(node, "nO")})) fill_uniform(node.param("Q"), -0.1, 0.1, rng);
}

void add_output_widths(Node& self, Rng&) {
  int64_t sum = 0;
  for (const auto& layer : self.layers) {
    const Size width = dim_of(*layer, "nO");
    if (!width) return;
    sum += *width;
  }
  self.set_dim("nO", sum);
}

// A concatenation is named after the layers it began with.
bool is_concatenation(const Node& node) {
  std::vector<NodePtr> first;
  for (const auto& layer : node.layers) {
    first.push_back(layer);
    if (first.size() > 1 && join_names(first, "|") == node.name) return true;
  }
  return false;
}

// The width of what comes out when rows of `input` go in: thinc measures it, here it is derived.
// Layers without a size of their own pass the width on.
Size output_width(const Node& node, Size input) {
  if (node.layers.empty()) {
    const Size own = dim_of(node, "nO");
    return own ? own : input;
  }
  if (!is_concatenation(node)) {
    for (const auto& layer : node.layers) input = output_width(*layer, input);
    return input;
  }
  int64_t sum = 0;
  for (const auto& layer : node.layers) {
    const Size width = output_width(*layer, input);
    if (!width) return {};
    sum += *width;
  }
  return sum;
}

}  // namespace

NodePtr make_node(std::string name, std::vector<Node::Attr> attrs, std::vector<NodePtr> layers) {
  NodePtr node = std::make_shared<Node>();
  node->name = std::move(name);
  node->attrs = std::move(attrs);
  node->layers = std::move(layers);
  return node;
}

NodePtr make_named(std::string name) {
  return make_node(std::move(name));
}

NodePtr make_linear(Size nO, Size nI, Init weights) {
  return make_affine("linear", nO, nI, weights);
}

NodePtr make_relu(Size nO, Size nI) {
  return make_affine("relu", nO, nI, Init::kGlorotUniform);
}

NodePtr make_softmax(Size nO, Size nI) {
  NodePtr node = make_affine("softmax", nO, nI, Init::kZero);
  node->attrs = {{"softmax_normalize", Msgpack(true)}, {"softmax_temperature", Msgpack(1.0)}};
  return node;
}

NodePtr make_maxout_layer(Size nO, Size nI, int64_t nP) {
  return make_leaf("maxout", {{"nO", nO}, {"nI", nI}, {"nP", nP}}, {"W", "b"},
                   [](Node& node, Rng& rng) {
                     const int64_t out = needed(node, "nO");
                     const int64_t pieces = needed(node, "nP");
                     if (define(node, "W", {out, pieces, needed(node, "nI")})) {
                       fill_glorot(node.param("W"), rng);
                     }
                     define(node, "b", {out, pieces});
                   });
}

NodePtr make_layer_norm(Size nI) {
  return make_leaf("layernorm", {{"nI", nI}, {"nO", nI}}, {"G", "b"}, [](Node& node, Rng&) {
    const int64_t width = needed(node, "nI");
    if (!node.dim("nO")) node.set_dim("nO", width);
    if (define(node, "G", {width})) {
      for (float& value : node.param("G").value) value = 1.0f;
    }
    define(node, "b", {width});
  });
}

NodePtr make_dropout(double rate) {
  return make_node("dropout", {{"dropout_rate", Msgpack(rate)}, {"is_enabled", Msgpack(true)}});
}

namespace {

NodePtr with_norm_and_dropout(NodePtr node, Size nO, bool normalize,
                              std::optional<double> dropout) {
  if (normalize) node = chain({node, make_layer_norm(nO)});
  if (dropout) node = chain({node, make_dropout(*dropout)});
  return node;
}

}  // namespace

NodePtr make_maxout(Size nO, Size nI, int64_t nP, bool normalize, std::optional<double> dropout) {
  return with_norm_and_dropout(make_maxout_layer(nO, nI, nP), nO, normalize, dropout);
}

NodePtr make_mish(Size nO, Size nI, bool normalize, std::optional<double> dropout) {
  return with_norm_and_dropout(make_affine("mish", nO, nI, Init::kGlorotUniform), nO, normalize,
                               dropout);
}

NodePtr make_hash_embed(int64_t nO, int64_t nV, int64_t seed, std::optional<double> dropout,
                        std::optional<int64_t> column) {
  NodePtr node = make_leaf("hashembed", {{"nO", nO}, {"nV", nV}, {"nI", Size()}}, {"E"},
                           [](Node& self, Rng& rng) {
                             if (define(self, "E", {needed(self, "nV"), needed(self, "nO")})) {
                               fill_uniform(self.param("E"), -0.1, 0.1, rng);
                             }
                           });
  node->param("E").sparse_rows = true;
  const Msgpack column_value = column ? Msgpack(*column) : Msgpack();
  node->attrs = {{"column", column_value}, {"seed", Msgpack(seed)}};
  if (dropout) node->set_attr("dropout_rate", Msgpack(*dropout));
  if (!column) return node;
  NodePtr with_column = chain({make_named("ints-getitem"), node});
  with_column->attrs = {{"column", column_value}};
  return with_column;
}

NodePtr make_projection(const char* name, Size nO, const char* inputs,
                        std::vector<Node::Attr> attrs) {
  NodePtr node =
      make_leaf(name, {{"nO", nO}, {inputs, Size()}}, {"W"},
                [inputs = std::string(inputs)](Node& self, Rng& rng) {
                  if (define(self, "W", {needed(self, "nO"), needed(self, inputs.c_str())})) {
                    fill_glorot(self.param("W"), rng);
                  }
                });
  node->attrs = std::move(attrs);
  return node;
}

NodePtr make_parametric_attention(Size nO) {
  return make_leaf("para-attn", {{"nO", nO}}, {"Q"}, set_query);
}

NodePtr make_parametric_attention_v2(NodePtr key_transform, Size nO) {
  if (!key_transform) key_transform = make_named("noop");
  NodePtr node = make_leaf("para-attn", {{"nO", nO}}, {"Q"}, [](Node& self, Rng& rng) {
    set_query(self, rng);
    initialize(*self.layers[0], rng);
  });
  node->refs = {{"key_transform", key_transform.get()}};
  node->layers = {std::move(key_transform)};
  return node;
}

NodePtr make_sparse_linear(Size nO, int64_t length) {
  return make_sparse(nO, length, true);
}
NodePtr make_sparse_linear_v2(Size nO, int64_t length) {
  return make_sparse(nO, length, false);
}

NodePtr make_expand_window(int64_t window_size) {
  return make_node("expand_window", {{"window_size", Msgpack(window_size)}});
}

NodePtr make_logistic() {
  return make_named("logistic");
}

NodePtr chain(std::vector<NodePtr> layers) {
  Dims dims = {{"nO", Size()}};
  if (has_dim(*layers.front(), "nI")) dims.emplace_back("nI", dim_of(*layers.front(), "nI"));
  dims[0].second = dim_of(*layers.back(), "nO");
  std::string name = join_names(layers, ">>");
  return make_container(std::move(name), std::move(layers), std::move(dims), [](Node& self, Rng&) {
    inherit(self, *self.layers.front(), "nI");
    if (self.dim("nO")) return;
    if (const Size width = output_width(self, {})) self.set_dim("nO", *width);
  });
}

NodePtr concatenate(std::vector<NodePtr> layers) {
  if (layers.empty()) return make_named("noop");
  if (layers.size() == 1) return layers[0];
  if (is_concatenation(*layers[0])) {
    layers[0]->layers.insert(layers[0]->layers.end(), layers.begin() + 1, layers.end());
    return layers[0];
  }
  bool inputs = true;
  for (const auto& layer : layers) inputs = inputs && has_dim(*layer, "nI");
  Dims dims = {{"nO", Size()}};
  if (inputs) dims.emplace_back("nI", Size());
  std::string name = join_names(layers, "|");
  return make_container(std::move(name), std::move(layers), std::move(dims), add_output_widths);
}

NodePtr residual(NodePtr layer) {
  Dims dims = {{"nO", dim_of(*layer, "nO")}, {"nI", dim_of(*layer, "nI")}};
  std::string name = "residual(" + layer->name + ")";
  return make_container(std::move(name), {std::move(layer)}, std::move(dims), [](Node& self, Rng&) {
    inherit(self, *self.layers[0], "nO");
    inherit(self, *self.layers[0], "nI");
  });
}

NodePtr with_array(NodePtr layer, int64_t pad) {
  NodePtr node = make_wrapper("with_array", std::move(layer), inherit_all);
  node->attrs = {{"pad", Msgpack(pad)}};
  return node;
}

NodePtr with_cpu(NodePtr layer) {
  return make_wrapper("with_cpu", std::move(layer), keep_dims);
}

NodePtr resizable(NodePtr layer) {
  return make_wrapper("resizable", std::move(layer), keep_dims);
}

NodePtr clones(NodePtr layer, int64_t n) {
  if (n == 0) return make_named("noop");
  if (n == 1) return layer;
  std::vector<NodePtr> layers = {layer};
  for (int64_t i = 1; i < n; ++i) layers.push_back(clone(*layer));
  return chain(std::move(layers));
}

}  // namespace pawl::nn

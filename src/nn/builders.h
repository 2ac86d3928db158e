// Builders of thinc's nodes: names, dimensions, parameters, attributes and the order of children
// are thinc's, so that bytes are interchangeable. Unset sizes are filled in later with set_dim,
// before initialize(). Initial values follow thinc's distributions; they are drawn from pawl's own
// Rng.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/model.h"

namespace pawl::nn {

using Size = std::optional<int64_t>;

enum class Init { kGlorotUniform, kZero };

// A bare node with the given name and attributes.
NodePtr make_node(std::string name, std::vector<Node::Attr> attrs = {},
                  std::vector<NodePtr> layers = {});

NodePtr make_linear(Size nO = {}, Size nI = {}, Init weights = Init::kGlorotUniform);
NodePtr make_softmax(Size nO = {}, Size nI = {});  // Softmax.v1 and v2
NodePtr make_relu(Size nO = {}, Size nI = {});
NodePtr make_maxout_layer(Size nO = {}, Size nI = {}, int64_t nP = 3);
NodePtr make_layer_norm(Size nI = {});
NodePtr make_dropout(double rate = 0.0);
// Maxout(...) with its options: the maxout, chained with a layer norm, chained (again) with
// dropout.
NodePtr make_maxout(Size nO, Size nI, int64_t nP, bool normalize, std::optional<double> dropout);
NodePtr make_hash_embed(
    int64_t nO, int64_t nV, int64_t seed, std::optional<double> dropout = {},
    std::optional<int64_t> column = {});  // with a column: ints-getitem>>hashembed
// A node with one matrix W[nO, `inputs`] and no bias; its input's dimension is unset.
NodePtr make_projection(const char* name, Size nO, const char* inputs,
                        std::vector<Node::Attr> attrs = {});
NodePtr make_parametric_attention(Size nO = {});
NodePtr make_parametric_attention_v2(NodePtr key_transform = {}, Size nO = {});  // null: noop
NodePtr make_sparse_linear(Size nO = {}, int64_t length = 1 << 18);              // SparseLinear.v1
NodePtr make_sparse_linear_v2(Size nO = {}, int64_t length = 1 << 18);
NodePtr make_expand_window(int64_t window_size = 1);
NodePtr make_logistic();

// list2ragged, ragged2list, list2array, reduce_sum, reduce_mean, reduce_max, reduce_first,
// reduce_last, noop, softmax_activation ...: nodes without anything but a name.
NodePtr make_named(std::string name);

NodePtr chain(std::vector<NodePtr> layers);  // "a>>b>>c", not flattened
NodePtr concatenate(
    std::vector<NodePtr> layers);  // "a|b|c"; one layer: itself; a first concatenation is extended
NodePtr residual(NodePtr layer);
NodePtr with_array(NodePtr layer, int64_t pad = 0);
NodePtr with_cpu(NodePtr layer);
NodePtr resizable(NodePtr layer);
NodePtr clones(NodePtr layer, int64_t n);  // thinc's clone(layer, n): a chain of copies

}  // namespace pawl::nn

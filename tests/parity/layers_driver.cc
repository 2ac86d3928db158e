// Builds layers from a description, runs them on given arrays and tells outputs and gradients.
// A description is an array: the builder's name, then its arguments; see build().
#include <cstdio>
#include <iostream>
#include <map>
#include <optional>

#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "nn/builders.h"
#include "nn/layers.h"
#include "nn/optimizer.h"

namespace {

using namespace pawl;
using namespace pawl::nn;

Size size_arg(const Json::Array& spec, size_t i) {
  return i < spec.size() && !spec[i].is_null() ? Size(spec[i].as_int()) : Size();
}

std::optional<double> rate_arg(const Json::Array& spec, size_t i) {
  return i < spec.size() && !spec[i].is_null() ? std::optional(spec[i].as_double()) : std::nullopt;
}

NodePtr build(const Json& value);

std::vector<NodePtr> build_rest(const Json::Array& spec) {
  std::vector<NodePtr> layers;
  for (size_t i = 1; i < spec.size(); ++i) layers.push_back(build(spec[i]));
  return layers;
}

NodePtr build_leaf(const std::string& kind, const Json::Array& spec) {
  if (kind == "linear") return make_linear(size_arg(spec, 1), size_arg(spec, 2));
  if (kind == "softmax") return make_softmax(size_arg(spec, 1), size_arg(spec, 2));
  if (kind == "relu") return make_relu(size_arg(spec, 1), size_arg(spec, 2));
  if (kind == "maxout") {
    return make_maxout(size_arg(spec, 1), size_arg(spec, 2), spec.at(3).as_int(),
                       spec.size() > 4 && spec[4].as_bool(), rate_arg(spec, 5));
  }
  if (kind == "layer_norm") return make_layer_norm(size_arg(spec, 1));
  if (kind == "dropout") return make_dropout(spec.at(1).as_double());
  if (kind == "hash_embed") {
    return make_hash_embed(spec.at(1).as_int(), spec.at(2).as_int(), spec.at(3).as_int(),
                           rate_arg(spec, 4), size_arg(spec, 5));
  }
  if (kind == "attention") return make_parametric_attention(size_arg(spec, 1));
  if (kind == "sparse_linear") return make_sparse_linear(size_arg(spec, 1), spec.at(2).as_int());
  if (kind == "sparse_linear_v2") {
    return make_sparse_linear_v2(size_arg(spec, 1), spec.at(2).as_int());
  }
  if (kind == "expand_window") return make_expand_window(spec.at(1).as_int());
  return make_named(kind);
}

NodePtr build(const Json& value) {
  const Json::Array& spec = value.as_array();
  const std::string& kind = spec.at(0).as_string();
  if (kind == "chain") return chain(build_rest(spec));
  if (kind == "concatenate") return concatenate(build_rest(spec));
  if (kind == "residual") return residual(build(spec.at(1)));
  if (kind == "with_array") return with_array(build(spec.at(1)), spec.at(2).as_int());
  if (kind == "with_cpu") return with_cpu(build(spec.at(1)));
  if (kind == "resizable") return resizable(build(spec.at(1)));
  if (kind == "clones") return clones(build(spec.at(1)), spec.at(2).as_int());
  if (kind == "attention_v2")
    return make_parametric_attention_v2(build(spec.at(2)), size_arg(spec, 1));
  return build_leaf(kind, spec);
}

// A bare tree with the names, dimensions and parameters that Python lists.
NodePtr mirror(const Json& value) {
  NodePtr node = make_node(value.at("name").as_string());
  for (const Json& dim : value.at("dims").as_array())
    node->dims.emplace_back(dim.as_string(), Size());
  for (const Json& param : value.at("params").as_array()) node->add_param(param.as_string());
  for (const Json& layer : value.at("layers").as_array()) node->layers.push_back(mirror(layer));
  return node;
}

Matrix matrix(const Json& value) {
  const Json::Array& rows = value.as_array();
  Matrix out(rows.size(), rows.empty() ? 0 : rows[0].as_array().size());
  for (size_t i = 0; i < out.rows(); ++i) {
    for (size_t j = 0; j < out.cols(); ++j) {
      out(i, j) = static_cast<float>(rows[i].as_array().at(j).as_double());
    }
  }
  return out;
}

Json json(ConstMatrixView m) {
  Json out = Json::array();
  for (size_t i = 0; i < m.rows; ++i) {
    Json row = Json::array();
    for (size_t j = 0; j < m.cols; ++j) row.push_back(double{m.row(i)[j]});
    out.push_back(std::move(row));
  }
  return out;
}

template <typename T>
std::vector<T> integers(const Json& value) {
  std::vector<T> out;
  for (const Json& item : value.as_array()) out.push_back(static_cast<T>(item.as_uint()));
  return out;
}

// Values in the order of the file.
Json json(const Param& param, const FloatVector& values) {
  Json out = Json::array();
  const size_t rows = param.transposed ? param.size() / param.row_width : 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t at = param.transposed ? i % rows * param.row_width + i / rows : i;
    out.push_back(double{values[at]});
  }
  return out;
}

struct Pass {
  Matrix y, d_x;
  bool has_input_gradient = true;
};

Pass dense_pass(Node& node, const Json& request, const Matrix* d_y) {
  const Matrix x = matrix(request.at("x"));
  Pass pass;
  pass.d_x.resize(x.rows(), x.cols());
  MatrixView d_x = pass.d_x;
  if (node.name == "linear" || node.name == "softmax") {
    pass.y.resize(x.rows(), static_cast<size_t>(*node.dim("nO")));
    if (node.name == "linear") {
      const Linear layer(node);
      layer.forward(x, pass.y);
      if (d_y != nullptr) layer.backward(x, *d_y, &d_x);
    } else {
      const Softmax layer(node);
      layer.forward(x, pass.y, true);
      if (d_y != nullptr) layer.backward(x, *d_y, &d_x);
    }
  } else if (node.name == "maxout") {
    Maxout layer(node);
    layer.pack();
    Maxout::Saved saved;
    pass.y.resize(x.rows(), layer.outputs());
    layer.forward(x, pass.y, &saved);
    if (d_y != nullptr) layer.backward(x, saved, *d_y, &d_x);
  } else if (node.name == "layernorm") {
    const LayerNorm layer(node);
    LayerNorm::Saved saved;
    pass.y.resize(x.rows(), layer.width());
    layer.forward(x, pass.y, &saved);
    if (d_y != nullptr) layer.backward(saved, *d_y, d_x);
  } else if (node.name == "para-attn") {
    const ParametricAttention layer(node);
    ParametricAttention::Saved saved;
    const auto lengths = integers<uint32_t>(request.at("lengths"));
    pass.y.resize(x.rows(), x.cols());
    layer.forward(x, x, lengths, pass.y, &saved);
    Matrix d_keys(x.rows(), x.cols());
    if (d_y != nullptr) layer.backward(x, x, lengths, saved, *d_y, d_x, d_keys);
    add_matrix(d_keys, d_x);
  }
  return pass;
}

Pass table_pass(Node& node, const Json& request, const Matrix* d_y) {
  Pass pass;
  pass.has_input_gradient = false;
  if (node.name == "hashembed") {
    const HashEmbed layer(node);
    const auto ids = integers<uint64_t>(request.at("ids"));
    HashEmbed::Saved saved;
    Rng rng(1);
    pass.y.resize(ids.size(), layer.outputs());
    layer.forward_training(ids, rng, pass.y, saved);
    if (d_y != nullptr) layer.backward(saved, *d_y);
    return pass;
  }
  const SparseLinear layer(node);
  const auto keys = integers<uint64_t>(request.at("ids"));
  const auto lengths = integers<uint32_t>(request.at("lengths"));
  std::vector<float> values;
  for (const Json& value : request.at("values").as_array()) {
    values.push_back(static_cast<float>(value.as_double()));
  }
  SparseLinear::Saved saved;
  pass.y.resize(lengths.size(), layer.outputs());
  const SparseLinear::Input input{keys, values, lengths};
  layer.forward(input, pass.y, &saved);
  if (d_y != nullptr) layer.backward(input, saved, *d_y);
  return pass;
}

Pass run(Node& node, const Json& request) {
  std::optional<Matrix> d_y;
  if (const Json* given = request.find("d_y")) d_y = matrix(*given);
  const bool table = node.name == "hashembed" || node.name == "sparse_linear";
  return table ? table_pass(node, request, d_y ? &*d_y : nullptr)
               : dense_pass(node, request, d_y ? &*d_y : nullptr);
}

Json all_params(Node& root, const char* what) {
  Json out = Json::object();
  for (Node* node : walk(root)) {
    for (const auto& param : node->params) {
      param->settle();
      out[param->name] =
          json(*param, what == std::string("gradient") ? param->gradient : param->value);
    }
  }
  return out;
}

AdamOptions options(const Json& value) {
  AdamOptions out;
  out.learn_rate = value.at("learn_rate").as_double();
  out.L2 = value.at("L2").as_double();
  out.grad_clip = value.at("grad_clip").as_double();
  out.L2_is_weight_decay = value.at("L2_is_weight_decay").as_bool();
  return out;
}

// Several updates, one pass each; the state is saved and loaded half way through.
Json train(Node& node, const Json& request) {
  auto adam = std::make_unique<Adam>(options(request.at("adam")));
  const Json::Array& passes = request.at("passes").as_array();
  Json outputs = Json::array();
  for (size_t i = 0; i < passes.size(); ++i) {
    outputs.push_back(json(run(node, passes[i]).y));
    adam->step(node);
    if (i == passes.size() / 2) {
      const std::string state = adam->save_state({&node});
      adam = std::make_unique<Adam>(options(request.at("adam")));
      adam->load_state({&node}, state);
    }
  }
  Json answer = Json::object();
  answer["outputs"] = std::move(outputs);
  answer["values"] = all_params(node, "value");
  adam->swap_averages(node);
  answer["averages"] = all_params(node, "value");
  return answer;
}

Json answer(const Json& request) {
  const std::string& op = request.at("op").as_string();
  Env& env = Env::real();
  if (op == "hash") {
    const auto ids = integers<uint64_t>(request.at("ids"));
    std::vector<uint32_t> rows(ids.size() * 4);
    hash_rows(ids, static_cast<uint32_t>(request.at("seed").as_uint()),
              static_cast<uint32_t>(request.at("rows").as_uint()), rows.data());
    Json out = Json::array();
    for (const uint32_t row : rows) out.push_back(uint64_t{row});
    return out;
  }
  if (op == "mirror" || op == "build") {
    const NodePtr node = op == "mirror" ? mirror(request.at("tree")) : build(request.at("spec"));
    if (const Json* from = request.find("from")) {
      from_bytes(*node, env.read_file(from->as_string()), from->as_string());
    } else {
      Rng rng(1);
      initialize(*node, rng);
    }
    env.write_file(request.at("to").as_string(), to_bytes(*clone(*node)), false);
    return Json(true);
  }
  const NodePtr node = build(request.at("spec"));
  const std::string& from = request.at("from").as_string();
  from_bytes(*node, env.read_file(from), from);
  if (op == "train") return train(*node, request);
  const Pass pass = run(*node, request);
  Json out = Json::object();
  out["y"] = json(pass.y);
  if (pass.has_input_gradient) out["d_x"] = json(pass.d_x);
  out["gradients"] = all_params(*node, "gradient");
  return out;
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    pawl::Json reply = pawl::Json::object();
    try {
      reply["answer"] = answer(pawl::parse_json(line));
    } catch (const pawl::Error& error) {
      reply["error"] = error.what();
    }
    std::cout << pawl::to_json(reply) << std::endl;
  }
  return 0;
}

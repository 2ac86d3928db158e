#include "pipeline/transition/tree.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "math/gemm.h"
#include "math/ops.h"
#include "nn/builders.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/tok2vec/network.h"

namespace pawl {

namespace {

constexpr int64_t kMaxWidth = 1 << 14;
constexpr int64_t kMaxPieces = 64;
constexpr int64_t kMaxWeights = int64_t{1} << 28;  // of one layer
constexpr double kLowerDropout = 0.1;              // spaCy's attribute, which nothing reads

// The sample on which the initial lower weights are scaled (layer-sequential unit variance;
// Mishkin, Matas 2016), as spaCy draws it.
constexpr size_t kSampleRows = 5000;
constexpr uint64_t kSampleTokens = 1000;
constexpr double kTolerance = 0.01;
constexpr int kMaxRounds = 10;

size_t known(const nn::Node& node, std::string_view dim) {
  return static_cast<size_t>(node.dim(dim).value_or(0));
}

void define(nn::Node& node, std::string_view name, std::vector<int64_t> shape) {
  node.param(name).define(std::move(shape));
}

nn::NodePtr make_lower(nn::Size outputs, int64_t features, int64_t inputs, int64_t pieces) {
  auto node = nn::make_node("precomputable_affine", {{"dropout_rate", Msgpack(kLowerDropout)}});
  node->dims = {{"nO", outputs}, {"nI", inputs}, {"nF", features}, {"nP", pieces}};
  for (const char* name : {"W", "b", "pad"}) node->add_param(name);
  return node;
}

void check_architecture(const Json& block, std::string_view expected, const std::string& where) {
  const std::string name = architecture(block, where);
  if (name != "spacy.TransitionBasedParser.v1" && name != "spacy.TransitionBasedParser.v2") {
    throw_unsupported(where, name);
  }
  const Json& state_type = setting(block, "state_type", where);
  if (!state_type.is_string() || state_type.as_string() != expected) {
    throw_unsupported(where, "state_type " + to_json(state_type));
  }
}

// Tokens that make up a state.
int64_t state_tokens(std::string_view state_type, bool extra) {
  if (state_type == "parser") return extra ? 13 : 8;
  return extra ? 6 : 3;
}

bool uses_upper(const Json& block, const std::string& where) {
  const bool may_be_absent = architecture(block, where) == "spacy.TransitionBasedParser.v1";
  if (may_be_absent && block.find("use_upper") == nullptr) return true;
  return flag_setting(block, "use_upper", where);
}

nn::NodePtr build_vectors(const Json& block, const std::string& where, int64_t width) {
  const std::string tok2vec_where = where + ".tok2vec";
  auto tok2vec = build_tok2vec(setting(block, "tok2vec", where), tok2vec_where);
  auto linear = nn::make_linear(width, tok2vec->dim("nO"));
  auto vectors = nn::chain({std::move(tok2vec), nn::make_named("list2array"), std::move(linear)});
  vectors->set_dim("nO", width);
  return vectors;
}

// Copies `rows` blocks of `width` values, `old_rows` of which existed, within every one of `outer`
// groups.
void grow(nn::Param& param, std::vector<int64_t> shape, size_t outer, size_t old_rows,
          size_t new_rows, size_t width) {
  const FloatVector old = param.value;
  param.gradient.clear();
  param.touched.clear();
  param.define(std::move(shape));
  for (size_t i = 0; i < outer; ++i) {
    std::copy_n(old.data() + i * old_rows * width, old_rows * width,
                param.value.data() + i * new_rows * width);
  }
  param.changed();
}

// Rows from `first` on of each of `outer` groups of `rows` rows, of `width` values each: normal, so
// that a sum over `inputs` of them keeps its scale.
void draw_rows(nn::Param& param, size_t outer, size_t first, size_t rows, size_t width,
               size_t inputs, Rng& rng) {
  const double deviation = 1.0 / std::sqrt(static_cast<double>(inputs));
  for (size_t i = 0; i < outer; ++i) {
    for (size_t k = (i * rows + first) * width; k < (i + 1) * rows * width; ++k)
      param.value[k] = static_cast<float>(rng.normal() * deviation);
  }
  param.changed();
}

// W[nF, nO, nP, nI] on the sample: the states' activations before and after W or b is corrected.
class LowerSample {
 public:
  LowerSample(const ParserNodes& nodes, Rng& rng)
      : nodes_(nodes), tokens_(kSampleRows - 1, nodes.inputs), ids_(kSampleRows * nodes.features) {
    for (auto& id : ids_) id = static_cast<uint32_t>(rng.below(kSampleTokens));
    for (size_t i = 0; i < tokens_.size(); ++i) {
      tokens_.data()[i] = static_cast<float>(rng.normal());
    }
  }

  // Mean and variance of the activations.
  std::pair<double, double> moments() {
    const nn::Node& lower = *nodes_.lower;
    const size_t width = nodes_.hidden * nodes_.pieces;
    const size_t all = width * nodes_.features;
    contributions_.resize(kSampleRows, all);
    const auto& pad = lower.param("pad").value;
    std::copy(pad.begin(), pad.end(), contributions_.row(0));
    gemm_nt(tokens_, {lower.param("W").value.data(), all, nodes_.inputs}, nullptr,
            contributions_.view().slice_rows(1, kSampleRows - 1));
    states_.reset(kSampleRows, width);
    for (size_t k = 0; k < ids_.size(); ++k) {
      add(contributions_.data() + k * width, states_.row(ids_[k]), width);
    }
    return activate(lower.param("b").value);
  }

 private:
  std::pair<double, double> activate(const FloatVector& bias) {
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < kSampleRows; ++i) {
      add(bias.data(), states_.row(i), bias.size());
      for (size_t o = 0; o < nodes_.hidden; ++o) {
        const float* pieces = states_.row(i) + o * nodes_.pieces;
        const float best = nodes_.pieces == 1 ? std::max(*pieces, 0.0f)
                                              : *std::max_element(pieces, pieces + nodes_.pieces);
        sum += best;
        squares += static_cast<double>(best) * best;
      }
    }
    const double n = static_cast<double>(kSampleRows * nodes_.hidden);
    return {sum / n, squares / n - sum / n * (sum / n)};
  }

  const ParserNodes& nodes_;
  Matrix tokens_;
  Matrix contributions_;
  Matrix states_;
  std::vector<uint32_t> ids_;
};

void initialize_lower(const ParserNodes& nodes, Rng& rng) {
  nn::Node& lower = *nodes.lower;
  const auto f = static_cast<int64_t>(nodes.features);
  const auto o = static_cast<int64_t>(nodes.hidden);
  const auto p = static_cast<int64_t>(nodes.pieces);
  const auto in = static_cast<int64_t>(nodes.inputs);
  define(lower, "W", {f, o, p, in});
  define(lower, "b", {o, p});
  define(lower, "pad", {1, f, o, p});
  FloatVector& weights = lower.param("W").value;
  const double deviation =
      std::sqrt(static_cast<double>(nodes.inputs) / static_cast<double>(nodes.features));
  for (float& w : weights) w = static_cast<float>(rng.normal() * deviation);
  for (float& w : lower.param("pad").value) w = static_cast<float>(rng.normal());
  LowerSample sample(nodes, rng);
  for (int round = 0; round < kMaxRounds; ++round) {
    const auto [mean, variance] = sample.moments();
    if (std::abs(variance - 1.0) >= kTolerance) {
      scale(static_cast<float>(1.0 / std::sqrt(variance)), weights.data(), weights.size());
    } else if (std::abs(mean) >= kTolerance) {
      for (float& b : lower.param("b").value) b -= static_cast<float>(mean);
    } else {
      break;
    }
  }
  for (const auto& param : lower.params) param->changed();
}

void check_shape(const nn::Node& node, std::string_view name, const std::vector<int64_t>& shape) {
  const nn::Param& param = node.param(name);
  if (param.defined && param.shape == shape) return;
  throw Error(ErrorKind::kFormat, "node \"" + node.name + "\", parameter \"" + std::string(name) +
                                      "\" has not the shape that its layer and its labels need");
}

}  // namespace

nn::NodePtr build_parser_tree(const Json& block, std::string_view state_type,
                              const std::string& where) {
  check_architecture(block, state_type, where);
  const int64_t width = size_setting(block, "hidden_width", where, kMaxWidth);
  const int64_t pieces = size_setting(block, "maxout_pieces", where, kMaxPieces);
  const int64_t features =
      state_tokens(state_type, flag_setting(block, "extra_state_tokens", where));
  if (features * width * pieces > kMaxWeights / width) {
    throw_unsupported(where, "hidden_width and maxout_pieces of this size together");
  }
  const bool has_upper = uses_upper(block, where);
  auto vectors = build_vectors(block, where, width);
  auto lower = make_lower(has_upper ? nn::Size(width) : nn::Size(), features, width, pieces);
  auto upper = has_upper ? nn::make_linear({}, {}, nn::Init::kZero) : nn::make_named("noop");
  auto root =
      nn::make_node("parser_model", {{"has_upper", Msgpack(has_upper)}}, {vectors, lower, upper});
  root->dims = {{"nI", std::nullopt}};
  root->set_ref("tok2vec", vectors.get());
  root->set_ref("lower", lower.get());
  root->set_ref("upper", upper.get());
  return root;
}

ParserNodes::ParserNodes(nn::Node& tree) : root(&tree) {
  nn::Node* vectors = tree.ref("tok2vec");
  tok2vec = vectors->layers.front().get();
  linear = vectors->layers.back().get();
  lower = tree.ref("lower");
  upper = tree.attr("has_upper")->as_bool() ? tree.ref("upper") : nullptr;
  features = known(*lower, "nF");
  pieces = known(*lower, "nP");
  inputs = known(*lower, "nI");
  hidden = known(*lower, "nO");
  classes = upper != nullptr ? known(*upper, "nO") : hidden;
  has_weights = lower->param("W").defined && (upper == nullptr || upper->param("W").defined);
}

void resize_parser(nn::Node& tree, size_t classes) {
  const ParserNodes nodes(tree);
  const auto n = static_cast<int64_t>(classes);
  const auto in = static_cast<int64_t>(nodes.inputs);
  const auto f = static_cast<int64_t>(nodes.features);
  const auto p = static_cast<int64_t>(nodes.pieces);
  if (classes == nodes.classes) return;
  nn::Node& output = nodes.upper != nullptr ? *nodes.upper : *nodes.lower;
  output.set_dim("nO", n);
  if (!nodes.has_weights) return;
  if (nodes.upper != nullptr) {
    const auto width = static_cast<int64_t>(nodes.hidden);
    grow(output.param("W"), {n, width}, 1, nodes.classes, classes, nodes.hidden);
    grow(output.param("b"), {n}, 1, nodes.classes, classes, 1);
    return;
  }
  grow(output.param("W"), {f, n, p, in}, nodes.features, nodes.classes, classes,
       nodes.pieces * nodes.inputs);
  grow(output.param("b"), {n, p}, 1, nodes.classes, classes, nodes.pieces);
  grow(output.param("pad"), {1, f, n, p}, nodes.features, nodes.classes, classes, nodes.pieces);
}

void widen_parser(nn::Node& tree, size_t hidden, Rng& rng) {
  const ParserNodes old(tree);
  assert(old.has_weights && old.upper != nullptr && hidden >= old.hidden);
  const auto f = static_cast<int64_t>(old.features), p = static_cast<int64_t>(old.pieces);
  const auto o = static_cast<int64_t>(hidden), n = static_cast<int64_t>(old.classes);
  const auto vectors = static_cast<size_t>(old.tok2vec->dim("nO").value());
  const size_t was = old.hidden, in_was = old.inputs, pieces = old.pieces;
  grow(old.linear->param("W"), {o, old.tok2vec->dim("nO").value()}, 1, in_was, hidden, vectors);
  grow(old.linear->param("b"), {o}, 1, in_was, hidden, 1);
  // First the inputs of each unit, then units.
  nn::Param& lower = old.lower->param("W");
  grow(lower, {f, static_cast<int64_t>(was), p, o}, old.features * was * pieces, in_was, hidden, 1);
  grow(lower, {f, o, p, o}, old.features, was, hidden, pieces * hidden);
  grow(old.lower->param("b"), {o, p}, 1, was, hidden, pieces);
  grow(old.lower->param("pad"), {1, f, o, p}, old.features, was, hidden, pieces);
  grow(old.upper->param("W"), {n, o}, old.classes, was, hidden, 1);
  draw_rows(old.linear->param("W"), 1, in_was, hidden, vectors, vectors, rng);
  draw_rows(lower, old.features, was, hidden, pieces * hidden, old.features * hidden, rng);
  tree.ref("tok2vec")->set_dim("nO", o);
  old.linear->set_dim("nO", o);
  old.lower->set_dim("nI", o);
  old.lower->set_dim("nO", o);
  old.upper->set_dim("nI", o);
}

void initialize_parser(nn::Node& tree, Rng& rng) {
  const ParserNodes nodes(tree);
  nn::initialize(*nodes.linear, rng);
  initialize_lower(nodes, rng);
  if (nodes.upper == nullptr) return;
  nodes.upper->set_dim("nI", static_cast<int64_t>(nodes.hidden));
  nn::initialize(*nodes.upper, rng);
}

void check_parser(nn::Node& tree, size_t classes) {
  const ParserNodes nodes(tree);
  const auto f = static_cast<int64_t>(nodes.features);
  const auto o = static_cast<int64_t>(nodes.hidden);
  const auto p = static_cast<int64_t>(nodes.pieces);
  const auto in = static_cast<int64_t>(nodes.inputs);
  const auto n = static_cast<int64_t>(classes);
  if (nodes.classes != classes) {
    throw Error(ErrorKind::kFormat, "the model scores " + std::to_string(nodes.classes) +
                                        " actions, \"moves\" names " + std::to_string(classes));
  }
  check_shape(*nodes.linear, "W", {in, nodes.tok2vec->dim("nO").value_or(0)});
  check_shape(*nodes.linear, "b", {in});
  check_shape(*nodes.lower, "W", {f, o, p, in});
  check_shape(*nodes.lower, "b", {o, p});
  check_shape(*nodes.lower, "pad", {1, f, o, p});
  if (nodes.upper == nullptr) return;
  check_shape(*nodes.upper, "W", {n, o});
  check_shape(*nodes.upper, "b", {n});
}

}  // namespace pawl

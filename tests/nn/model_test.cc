#include "nn/model.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/rng.h"
#include "nn/builders.h"

namespace pawl::nn {
namespace {

NodePtr small_tree() {
  NodePtr maxout = make_maxout_layer(4, 3, 2);
  NodePtr tree =
      chain({residual(chain({maxout, make_layer_norm(4), make_dropout(0.5)})), make_linear(2, 4)});
  tree->set_ref("inner", maxout.get());
  tree->set_ref("unset", nullptr);
  Rng rng(3);
  initialize(*tree, rng);
  return tree;
}

TEST(ModelTest, WalksBreadthFirstAndOncePerNode) {
  NodePtr shared = make_linear(2, 2);
  NodePtr tree = chain({chain({shared, make_dropout()}), shared, make_logistic()});
  std::vector<std::string> names;
  for (const Node* node : walk(*tree)) names.push_back(node->name);
  EXPECT_EQ(names, (std::vector<std::string>{"linear>>dropout>>linear>>logistic", "linear>>dropout",
                                             "linear", "logistic", "dropout"}));
}

TEST(ModelTest, BytesComeBackIdentical) {
  const NodePtr tree = small_tree();
  const std::string bytes = to_bytes(*tree);
  const NodePtr other = clone(*tree);
  for (Node* node : walk(*other)) {
    for (const auto& param : node->params) param->define(param->shape);
  }
  from_bytes(*other, bytes, "model");
  EXPECT_EQ(to_bytes(*other), bytes);
}

TEST(ModelTest, ACloneSharesNothingAndMovesItsReferences) {
  const NodePtr tree = small_tree();
  const NodePtr copy = clone(*tree);
  EXPECT_EQ(to_bytes(*copy), to_bytes(*tree));
  ASSERT_NE(copy->ref("inner"), nullptr);
  EXPECT_NE(copy->ref("inner"), tree->ref("inner"));
  EXPECT_EQ(copy->ref("inner")->name, "maxout");
  copy->ref("inner")->param("W").value[0] = 123.0f;
  EXPECT_NE(tree->ref("inner")->param("W").value[0], 123.0f);
}

TEST(ModelTest, InitialisationIsReproducibleAndKeepsWhatIsThere) {
  EXPECT_EQ(to_bytes(*small_tree()), to_bytes(*small_tree()));
  const NodePtr tree = small_tree();
  const std::string before = to_bytes(*tree);
  Rng rng(99);
  initialize(*tree, rng);
  EXPECT_EQ(to_bytes(*tree), before);
}

TEST(ModelTest, InitialisationNeedsItsSizes) {
  const NodePtr node = make_linear(3);
  Rng rng(1);
  EXPECT_THROW(initialize(*node, rng), Error);
}

TEST(ModelTest, DropoutRateReachesEveryNodeThatHasOne) {
  const NodePtr tree = chain({make_dropout(0.1), make_hash_embed(4, 10, 1, 0.1), make_linear(2)});
  set_dropout_rate(*tree, 0.4);
  EXPECT_EQ(tree->layers[0]->attr("dropout_rate")->as_double(), 0.4);
  EXPECT_EQ(tree->layers[1]->attr("dropout_rate")->as_double(), 0.4);
  EXPECT_EQ(tree->layers[2]->attr("dropout_rate"), nullptr);
}

TEST(ModelTest, SparseLinearWeightsAreTransposedOnlyInMemory) {
  const NodePtr node = make_sparse_linear_v2(2, 3);
  Rng rng(1);
  initialize(*node, rng);
  Param& weights = node->param("W");
  for (size_t i = 0; i < 6; ++i) weights.value[i] = static_cast<float>(i);  // [feature][class]
  const Msgpack message = parse_msgpack(to_bytes(*node));
  const NumpyArray file = as_numpy_array(message.at("params").as_array()[0].at("W"));
  const float expected[] = {0, 2, 4, 1, 3, 5};  // [class][feature]
  EXPECT_EQ(file.bytes, std::string(reinterpret_cast<const char*>(expected), sizeof expected));
}

}  // namespace
}  // namespace pawl::nn

// The model tree of a transition-based component (spacy.TransitionBasedParser.v1/v2): token
// vectors from a tok2vec and a linear layer; per token and feature position a precomputed
// contribution ("lower"); a state's hidden vector, the maxout of the sum of its tokens'
// contributions; its scores from a linear layer ("upper") or, without one, the hidden vector
// itself. Behaviour: spacy.ml.{tb_framework,_precomputable_affine}, spacy.ml.models.parser.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/rng.h"
#include "nn/model.h"

namespace pawl {

// The untrained tree of a [components.NAME.model] block, whose state_type must be this one ("ner",
// "parser"); `where` is the block's path. Throws Error(kUnsupported or kFormat) naming architecture
// or key.
nn::NodePtr build_parser_tree(const Json& block, std::string_view state_type,
                              const std::string& where);

// The nodes of such a tree that have a part in it, and their sizes. Sizes are 0 while unknown.
struct ParserNodes {
  explicit ParserNodes(nn::Node& tree);

  nn::Node* root;
  nn::Node* tok2vec;  // the embedding, without the linear layer behind it
  nn::Node* linear;
  nn::Node* lower;
  nn::Node* upper;  // null: none

  size_t features = 0;  // tokens that make up a state
  size_t pieces = 0;
  size_t inputs = 0;   // width of a token vector
  size_t hidden = 0;   // width of the state vector
  size_t classes = 0;  // width of the scores
  bool has_weights = false;
};

// New classes get rows of zeros at the end: the scores of old ones stay what they were. Before
// initialisation only the dimension is set.
void resize_parser(nn::Node& tree, size_t classes);

// Widens the state vector, and the vectors that it is made of, to `hidden`. The new units have
// small random weights and no part in any score: all scores stay what they were. The tree has
// weights and an upper layer.
void widen_parser(nn::Node& tree, size_t hidden, Rng& rng);

// Draws the weights behind the tok2vec as spaCy's initialisers distribute them.
void initialize_parser(nn::Node& tree, Rng& rng);

// After parameters were loaded: throws Error(kFormat) naming node and parameter when shapes do not
// fit one another or `classes`.
void check_parser(nn::Node& tree, size_t classes);

}  // namespace pawl

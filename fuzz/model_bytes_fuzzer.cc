// Any bytes offered as a model are read or refused with an Error; what is read can be bound, run
// and written again.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "nn/builders.h"
#include "nn/layers.h"

namespace {

using namespace pawl;
using namespace pawl::nn;

NodePtr make_tree() {
  NodePtr tree =
      chain({make_hash_embed(4, 6, 1, 0.0), make_maxout(3, 4, 2, true, 0.1), make_softmax({}, 3)});
  tree->set_ref("output", tree->layers[2].get());
  return concatenate({tree, make_sparse_linear_v2({}, 8)});
}

void run(Node& root) {
  Node& tree = *root.layers[0];
  const uint64_t ids[] = {1, 2, 3};
  const HashEmbed embed(*tree.layers[0]);
  Node& hidden = *tree.layers[1]->layers[0];
  const Maxout maxout(*hidden.layers[0]);
  const LayerNorm norm(*hidden.layers[1]);
  Node* last = tree.ref("output");
  if (last == nullptr || embed.outputs() != maxout.inputs() || maxout.outputs() != norm.width())
    return;
  const Softmax softmax(*last);
  if (softmax.inputs() != norm.width()) return;
  Matrix embedded(3, embed.outputs()), inner(3, maxout.outputs()), scores(3, softmax.outputs());
  embed.forward(ids, embedded);
  maxout.forward(embedded, inner, nullptr);
  norm.forward(inner, inner, nullptr);
  softmax.forward(inner, scores);
  const SparseLinear bag(*root.layers[1]);
  const float values[] = {1.0f, 2.0f, 1.0f};
  const uint32_t lengths[] = {2, 1};
  Matrix sums(2, bag.outputs());
  bag.forward({ids, values, lengths}, sums, nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const NodePtr root = make_tree();
  try {
    from_bytes(*root, {reinterpret_cast<const char*>(data), size}, "model");
    const std::string bytes = to_bytes(*root);
    from_bytes(*root, bytes, "again");
    run(*root);
  } catch (const Error&) {
  }
  return 0;
}

// The model tree: thinc's nodes with names, dimensions, references, attributes and parameters. It owns the weights
// and knows nothing of how they are computed with; networks (tok2vec, textcat, ner) borrow its parameters.
// thinc's byte format is a list of these nodes in breadth-first order.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/msgpack.h"
#include "math/matrix.h"

namespace pawl::nn {

// One parameter: float32 values of any shape, and the gradient of the current update (empty while there is none).
struct Param {
  std::string name;             // "W", "b", "E", "G", "pad", "Q" ...
  std::vector<int64_t> shape;   // empty vector and !defined: thinc's uninitialised parameter
  bool defined = false;
  FloatVector value;
  FloatVector gradient;         // same size as value, or empty
  // For tables of which an update touches few rows (HashEmbed's E, SparseLinear's W): the rows whose gradient may be
  // non-zero, unsorted and possibly repeated. Used when `sparse_rows` is set; row_width consecutive values each.
  bool sparse_rows = false;
  size_t row_width = 0;
  std::vector<uint32_t> touched;

  size_t size() const { return value.size(); }
  void define(std::vector<int64_t> dims);     // allocates zeros
  void ensure_gradient();                     // allocates zeros when empty
  void clear_gradient();                      // zeros what was touched
};

struct Node {
  using Attr = std::pair<std::string, Msgpack>;

  std::string name;
  std::vector<std::pair<std::string, std::optional<int64_t>>> dims;   // in thinc's order
  std::vector<std::pair<std::string, Node*>> refs;                    // null: unset; points into the same tree
  std::vector<Attr> attrs;                                            // decoded values; encoded one by one in bytes
  std::vector<std::unique_ptr<Param>> params;                         // in thinc's order
  std::vector<std::string> shims;                                     // kept as bytes
  std::vector<std::shared_ptr<Node>> layers;                          // shared: thinc trees may reuse a node

  std::optional<int64_t> dim(std::string_view key) const;             // throws Error when the node has no such dim
  void set_dim(std::string_view key, int64_t value);                  // adds when absent
  Param* find_param(std::string_view key) const;                      // null when absent
  Param& param(std::string_view key) const;                           // throws Error naming node and parameter
  Param& add_param(std::string_view key);
  Node* ref(std::string_view key) const;                              // null when absent or unset
  void set_ref(std::string_view key, Node* node);
  const Msgpack* attr(std::string_view key) const;
  void set_attr(std::string_view key, Msgpack value);
};

using NodePtr = std::shared_ptr<Node>;

// Every distinct node once, breadth first: thinc's Model.walk().
std::vector<Node*> walk(Node& root);

// thinc's Model.to_bytes / from_bytes. from_bytes fills a tree of the same structure; throws Error(kFormat) naming node
// and key when structure, shapes or values do not fit (NaN and infinities are refused). `where` names the file.
std::string to_bytes(Node& root);
void from_bytes(Node& root, std::string_view bytes, const std::string& where);

// A deep copy: same structure, own parameters, refs moved along.
NodePtr clone(const Node& root);

}  // namespace pawl::nn

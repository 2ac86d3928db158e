// The model tree: thinc's nodes with names, dimensions, references, attributes and parameters. It
// owns the weights and knows nothing of how they are computed with; networks (tok2vec, textcat,
// ner) borrow its parameters. thinc's byte format is a list of these nodes in breadth-first order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/msgpack.h"
#include "math/matrix.h"

namespace pawl {
class Rng;
}

namespace pawl::nn {

struct Param;

// Rows of a sparse parameter whose latest updates are still to be carried out, because no gradient
// reached them. The optimizer leaves one with each sparse parameter it updates; it holds all it
// needs, so that it may outlive the optimizer.
class PendingRows {
 public:
  virtual ~PendingRows() = default;
  virtual void settle(Param& param, std::span<const uint32_t> rows) = 0;
  virtual void settle_all(Param& param) = 0;
};

// One parameter: float32 values of any shape, and the gradient of the current update (empty while
// there is none).
struct Param {
  std::string name;            // "W", "b", "E", "G", "pad", "Q" ...
  std::vector<int64_t> shape;  // empty vector and !defined: thinc's uninitialised parameter
  bool defined = false;
  FloatVector value;
  FloatVector gradient;  // same size as value, or empty
  // For tables of which an update touches few rows (HashEmbed's E, SparseLinear's W): the rows
  // whose gradient may be non-zero, unsorted and possibly repeated. Used when `sparse_rows` is set;
  // row_width consecutive values each.
  bool sparse_rows = false;
  size_t row_width = 0;
  std::vector<uint32_t> touched;
  // The bytes hold a [row_width, rows] matrix while `value` and `gradient` hold [rows, row_width]:
  // SparseLinear's W, whose file layout would scatter a feature's weights. Conversion happens in
  // to_bytes and from_bytes.
  bool transposed = false;
  // Grows with every change of `value`, so that packed copies know when they are stale. Whoever
  // writes to `value` other than through from_bytes or an optimizer calls changed().
  uint64_t version = 0;
  std::shared_ptr<PendingRows> pending;  // null: `value` is up to date

  // Whoever reads `value` of a sparse parameter during training settles it first: the rows to be
  // read, or all. Layers, to_bytes, clone and the optimizer's swap do so.
  void settle();
  void settle(std::span<const uint32_t> rows);
  void changed() { ++version; }

  size_t size() const { return value.size(); }
  void define(std::vector<int64_t> dims);  // allocates zeros
  void ensure_gradient();                  // allocates zeros when empty
  bool has_gradient() const { return !gradient.empty(); }
  void clear_gradient();  // zeros what was touched; has_gradient() stays, as in thinc
};

struct Node {
  using Attr = std::pair<std::string, Msgpack>;

  std::string name;
  std::vector<std::pair<std::string, std::optional<int64_t>>> dims;  // in thinc's order
  std::vector<std::pair<std::string, Node*>> refs;  // null: unset; points into the same tree
  std::vector<Attr> attrs;                          // decoded values; encoded one by one in bytes
  std::vector<std::unique_ptr<Param>> params;       // in thinc's order
  std::vector<std::string> shims;                   // kept as bytes
  std::vector<std::shared_ptr<Node>> layers;        // shared: thinc trees may reuse a node
  // Fills undefined parameters and derives dimensions, children first; set by the builders, not
  // part of the bytes.
  std::function<void(Node&, Rng&)> initializer;

  std::optional<int64_t> dim(
      std::string_view key) const;                    // throws Error when the node has no such dim
  void set_dim(std::string_view key, int64_t value);  // adds when absent
  Param* find_param(std::string_view key) const;      // null when absent
  Param& param(std::string_view key) const;           // throws Error naming node and parameter
  Param& add_param(std::string_view key);
  Node* ref(std::string_view key) const;  // null when absent or unset
  void set_ref(std::string_view key, Node* node);
  const Msgpack* attr(std::string_view key) const;
  void set_attr(std::string_view key, Msgpack value);
};

using NodePtr = std::shared_ptr<Node>;

// Every distinct node once, breadth first: thinc's Model.walk().
std::vector<Node*> walk(Node& root);

// thinc's Model.to_bytes / from_bytes. from_bytes fills a tree of the same structure; throws
// Error(kFormat) naming node and key when structure, shapes or values do not fit (NaN and
// infinities are refused). `where` names the file.
std::string to_bytes(Node& root);
void from_bytes(Node& root, std::string_view bytes, const std::string& where);

// Calls the root's initializer: undefined parameters get their first values, defined ones keep
// theirs. Throws Error when a dimension that is needed is unset.
void initialize(Node& root, Rng& rng);

// thinc's set_dropout_rate: sets the attribute "dropout_rate" of every node that has it.
void set_dropout_rate(Node& root, double rate);

// A deep copy: same structure, own parameters, refs moved along.
NodePtr clone(const Node& root);

}  // namespace pawl::nn

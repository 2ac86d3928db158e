// Layers: explicit forward and backward over the parameters of a Node, which they borrow and never
// own.
//
// Constructing a layer checks that the node has the parameters and dimensions it needs, with
// matching shapes, and throws Error(kFormat) naming node and parameter otherwise. A layer is
// rebuilt after shapes change. forward is const and safe for concurrent use; backward adds to the
// parameters' gradients and wants the same input that forward had. What a backward pass needs
// beyond its input is in the layer's Saved struct; passing null says that none will follow. Outputs
// are resized or must have the right shape (views) and are overwritten; a null d_x is not computed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/rng.h"
#include "math/gemm.h"
#include "math/matrix.h"
#include "math/ops.h"
#include "nn/model.h"

namespace pawl::nn {

// A parameter's weights packed for products; used while the parameter's version is the one that was
// packed.
class PackedWeights {
 public:
  void pack(const Param& weights, ConstMatrixView view);
  void pack(const Param& weights, ConstMatrixView view, const std::vector<uint32_t>& order);
  const PackedMatrix* get(const Param& weights) const;  // null when stale or never packed

 private:
  PackedMatrix packed_;
  uint64_t version_ = 0;
};

// "linear": y = x W^T + b; W[nO,nI], b[nO].
class Linear {
 public:
  explicit Linear(Node& node);
  size_t inputs() const { return inputs_; }
  size_t outputs() const { return outputs_; }
  void pack();  // for inference; training goes on working, from the unpacked weights
  void forward(ConstMatrixView x, MatrixView y) const;
  void backward(ConstMatrixView x, ConstMatrixView d_y, MatrixView* d_x) const;

 private:
  Param* weights_;
  Param* bias_;
  size_t inputs_;
  size_t outputs_;
  PackedWeights packed_;
};

// "softmax": Linear, then softmax with the node's temperature. As in thinc d_y is taken as the
// gradient of the scores before softmax (probabilities minus truth), divided by the temperature;
// and outputs stay scores when the node's attribute softmax_normalize is false and this is not
// training.
class Softmax {
 public:
  explicit Softmax(Node& node);
  size_t inputs() const { return linear_.inputs(); }
  size_t outputs() const { return linear_.outputs(); }
  void pack() { linear_.pack(); }
  void forward(ConstMatrixView x, MatrixView y, bool training = false) const;
  void backward(ConstMatrixView x, ConstMatrixView d_y, MatrixView* d_x) const;

 private:
  Linear linear_;
  float temperature_;
  bool normalize_;
};

// "maxout" (Goodfellow et al. 2013): the best of nP linear pieces; W[nO,nP,nI], b[nO,nP].
class Maxout {
 public:
  struct Saved {
    std::vector<uint8_t> which;  // [rows * nO]
  };
  explicit Maxout(Node& node);
  size_t inputs() const { return inputs_; }
  size_t outputs() const { return outputs_; }
  size_t pieces() const { return pieces_; }
  void pack();
  void forward(ConstMatrixView x, MatrixView y, Saved* saved) const;
  void backward(ConstMatrixView x, const Saved& saved, ConstMatrixView d_y, MatrixView* d_x) const;

  // For inputs of `parts` vectors of one width, one after another: a vector times the result are
  // its contributions [parts, nP * nO] to the candidates (see maxout_planar), which are the sum of
  // the bias and each vector's contribution as the part it is.
  Matrix split(size_t parts) const;
  FloatVector planar_bias() const;

 private:
  Param* weights_;
  Param* bias_;
  size_t inputs_;
  size_t outputs_;
  size_t pieces_;
  std::vector<uint32_t> order_;  // of the planar layout
  PackedWeights packed_;
};

// "layernorm": G[nI], b[nI].
class LayerNorm {
 public:
  struct Saved {
    Matrix x_hat;
    FloatVector inverse_deviation;
  };
  explicit LayerNorm(Node& node);
  size_t width() const { return width_; }
  void forward(ConstMatrixView x, MatrixView y, Saved* saved) const;             // y may be x
  void backward(const Saved& saved, ConstMatrixView d_y, MatrixView d_x) const;  // d_x may be d_y

 private:
  Param* gain_;
  Param* bias_;
  size_t width_;
};

// "dropout": rate and is_enabled are read from the node at every call, so that set_dropout_rate is
// enough.
class Dropout {
 public:
  struct Saved {
    FloatVector mask;  // empty: nothing was dropped
  };
  explicit Dropout(Node& node) : node_(&node) {}
  void forward(MatrixView x, Rng& rng, Saved& saved) const;  // in place; training only
  void backward(const Saved& saved, MatrixView d_x) const;   // in place

 private:
  Node* node_;
};

// "hashembed" (Serrà, Karatzoglou 2017): the sum of four rows of E[nV,nO] per id. One dropout mask
// over the columns, as thinc's. E is a sparse parameter.
class HashEmbed {
 public:
  struct Saved {
    std::vector<uint32_t> rows;  // [ids * 4]
    FloatVector mask;            // [nO], or empty
  };
  explicit HashEmbed(Node& node);
  size_t outputs() const { return outputs_; }
  uint32_t table_rows() const { return table_rows_; }
  uint32_t seed() const { return seed_; }
  void forward(std::span<const uint64_t> ids, MatrixView y) const;
  void forward_training(std::span<const uint64_t> ids, Rng& rng, MatrixView y, Saved& saved) const;
  void backward(const Saved& saved, ConstMatrixView d_y) const;

 private:
  Node* node_;
  Param* table_;
  size_t outputs_;
  uint32_t table_rows_;
  uint32_t seed_;
};

// "sparse_linear": scores[nO] per sequence of weighted 64-bit features, each hashed to two rows. v1
// (attribute v1_indexing) reads the weights as thinc's faulty first version does. For v2 W is held
// feature-major (Param::transposed).
class SparseLinear {
 public:
  struct Input {
    std::span<const uint64_t> keys;
    std::span<const float> values;  // as many as keys
    Lengths lengths;                // sum: number of keys
  };
  struct Saved {
    std::vector<uint32_t> rows;  // [keys * 2]
  };
  explicit SparseLinear(Node& node);
  size_t outputs() const { return outputs_; }
  void forward(const Input& input, MatrixView y, Saved* saved) const;
  void backward(const Input& input, const Saved& saved, ConstMatrixView d_y) const;

 private:
  void hash(const Input& input, std::vector<uint32_t>& rows) const;
  void touch(const std::vector<uint32_t>& rows, std::vector<uint32_t>& touched) const;
  void settle(const std::vector<uint32_t>& rows) const;

  Param* weights_;
  Param* bias_;
  size_t outputs_;
  uint32_t length_;
  bool v1_;
};

// "para-attn" (Yang et al. 2016): rows weighted by the softmax, over each sequence, of key . Q. For
// version 1 the keys are the rows themselves; for version 2 the caller runs the key transform and
// passes its output.
class ParametricAttention {
 public:
  struct Saved {
    FloatVector attention;  // [rows]
  };
  explicit ParametricAttention(Node& node);
  size_t width() const { return width_; }
  void forward(ConstMatrixView x, ConstMatrixView keys, Lengths lengths, MatrixView y,
               Saved* saved) const;
  // d_x and d_keys are overwritten; with keys == x add them up.
  void backward(ConstMatrixView x, ConstMatrixView keys, Lengths lengths, const Saved& saved,
                ConstMatrixView d_y, MatrixView d_x, MatrixView d_keys) const;

 private:
  Param* query_;
  size_t width_;
};

}  // namespace pawl::nn

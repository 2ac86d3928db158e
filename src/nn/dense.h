// The layer of a window encoder: Maxout, or Mish (Misra 2019), as the node says.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "nn/layers.h"

namespace pawl::nn {

// "mish": z tanh(softplus(z)) of z = x W^T + b; W[nO,nI], b[nO].
class Mish {
 public:
  struct Saved {
    Matrix z;
  };
  explicit Mish(Node& node) : weights_(&node.param("W")), bias_(&node.param("b")), linear_(node) {}
  size_t inputs() const { return linear_.inputs(); }
  size_t outputs() const { return linear_.outputs(); }
  size_t pieces() const { return 1; }
  void pack() { linear_.pack(); }
  void forward(ConstMatrixView x, MatrixView y, Saved* saved) const;
  void backward(ConstMatrixView x, const Saved& saved, ConstMatrixView d_y, MatrixView* d_x) const;
  static void activate(MatrixView z);  // in place

  // As Maxout's, with one piece.
  Matrix split(size_t parts) const;
  FloatVector planar_bias() const { return bias_->value; }

 private:
  Param* weights_;
  Param* bias_;
  Linear linear_;
};

// Mish(...) with its options, as make_maxout.
NodePtr make_mish(std::optional<int64_t> nO, std::optional<int64_t> nI, bool normalize,
                  std::optional<double> dropout);

class Dense {
 public:
  struct Saved {
    Maxout::Saved maxout;
    Mish::Saved mish;
  };
  // Throws Error(kFormat) for a node that is neither.
  explicit Dense(Node& node);

  size_t inputs() const {
    return std::visit([](const auto& layer) { return layer.inputs(); }, layer_);
  }
  size_t pieces() const {
    return std::visit([](const auto& layer) { return layer.pieces(); }, layer_);
  }
  void pack() {
    std::visit([](auto& layer) { layer.pack(); }, layer_);
  }
  void forward(ConstMatrixView x, MatrixView y, Saved* saved) const;
  void backward(ConstMatrixView x, const Saved& saved, ConstMatrixView d_y, MatrixView* d_x) const;

  // See Maxout; of Mish the sum goes through Mish::activate.
  Matrix split(size_t parts) const {
    return std::visit([&](const auto& layer) { return layer.split(parts); }, layer_);
  }
  FloatVector planar_bias() const {
    return std::visit([](const auto& layer) { return layer.planar_bias(); }, layer_);
  }
  bool is_mish() const { return std::holds_alternative<Mish>(layer_); }

 private:
  std::variant<Maxout, Mish> layer_;
};

}  // namespace pawl::nn

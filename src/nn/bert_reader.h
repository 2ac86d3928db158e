// Tensors of a BertModel as what computes with them wants them, and the layer normalisation all of
// its parts end with. Throws Error(kFormat) naming the tensor.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "math/int8.h"
#include "math/transformer.h"
#include "nn/bert_config.h"
#include "nn/bert_tensors.h"
#include "nn/model.h"

namespace pawl::nn {

class BertReader {
 public:
  BertReader(const Safetensors& file, Precision precision) : file_(file), precision_(precision) {}

  Matrix floats(const std::string& name, size_t rows, size_t cols) const {
    Matrix out(rows, cols);
    file_.read_floats(file_.at(name, {rows, cols}), out.data());
    return out;
  }

  FloatVector vector(const std::string& name, size_t size) const {
    FloatVector out(size);
    file_.read_floats(file_.at(name, {size}), out.data());
    return out;
  }

  Int8Weights table(const std::string& name, size_t rows, size_t cols) const {
    Int8Weights out;
    const TensorInfo& info = file_.at(name, {rows, cols});
    const TensorInfo& scales = file_.at(name + kScaleSuffix, {rows});
    out.rows = rows;
    out.cols = cols;
    out.values.resize(info.elements);
    out.scales.resize(rows);
    file_.read_int8(info, out.values.data());
    file_.read_floats(scales, out.scales.data());
    return out;
  }

  Int8Weights matrix(const std::string& name, size_t rows, size_t cols) const {
    Int8Weights out = table(name, rows, cols);
    const TensorInfo* exact = file_.find(name + kExactSuffix);
    const size_t count = exact == nullptr ? 0 : exact->elements;
    const TensorInfo& weights = file_.at(name + kExactWeightsSuffix, {count, rows});
    out.exact.resize(count);
    if (count > 0) file_.read_uint32(file_.at(exact->name, {count}), out.exact.data());
    for (size_t e = 0; e < count; ++e) {
      if (out.exact[e] >= cols || (e > 0 && out.exact[e] <= out.exact[e - 1])) {
        refuse(name + kExactSuffix, "is not a rising list of columns");
      }
    }
    out.exact_weights.resize(weights.elements);
    file_.read_floats(weights, out.exact_weights.data());
    if (!fits_products(out)) refuse(name, "has neighbours that overflow 16 bits together");
    return out;
  }

  [[noreturn]] static void refuse(const std::string& tensor, const std::string& what) {
    throw Error(ErrorKind::kFormat, "tensor '" + tensor + "' " + what);
  }

  Precision precision() const { return precision_; }

 private:
  const Safetensors& file_;
  Precision precision_;
};

struct BertNorm {
  FloatVector gain, bias;
  float eps;

  BertNorm(const BertReader& in, const std::string& name, size_t width, double epsilon)
      : gain(in.vector(name + ".LayerNorm.weight", width)),
        bias(in.vector(name + ".LayerNorm.bias", width)),
        eps(static_cast<float>(epsilon)) {}

  void read_params(Param& gains, Param& shifts) const {
    gains.define({static_cast<int64_t>(gain.size())});
    gains.value = gain;
    shifts.define({static_cast<int64_t>(bias.size())});
    shifts.value = bias;
  }

  void apply(ConstMatrixView x, ConstMatrixView y, MatrixView out) const {
    add_layer_norm(x, y, gain.data(), bias.data(), eps, out);
  }
};

}  // namespace pawl::nn

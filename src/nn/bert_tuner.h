// Training of some layers of a BERT encoder above others that stay as they are: what
// transformers' BertModel computes in training without dropout, and its gradients (Vaswani et al.
// 2017; Ba, Kiros, Hinton 2016 for layer normalisation).
#pragma once

#include <memory>
#include <vector>

#include "nn/bert.h"

namespace pawl::nn {

// One thread at a time. `encoder` must outlive it.
class BertTuner {
 public:
  // Begins with what layers `first` ... `first` + `count` - 1 of the encoder are; further ones are
  // left out (asserted: there are as many).
  BertTuner(const Bert& encoder, size_t first, size_t count);
  ~BertTuner();

  // sums(i) = sum over the tokens of sequence i of the last states, which backward() goes back
  // from.
  void forward(const Sequences& sequences, Matrix& sums);
  // What the layers read in the last forward(), a row a token.
  const Matrix& inputs() const { return inputs_; }
  // The same sequences again, with `moves` added to the inputs, row by row. backward() then goes
  // back from here.
  void forward_moved(const Matrix& moves, Matrix& sums);
  // Adds to the parameters' gradients. `d_inputs`: becomes the gradient of the inputs, unless null.
  void backward(ConstMatrixView d_sums, Matrix* d_inputs = nullptr);

  std::vector<Param*> params();
  // Writes the layers (write_bert_layers). `sample`: texts as they will come, for the choice of
  // exact channels.
  void write(Precision precision, const Sequences& sample, SafetensorsWriter& out) const;

 private:
  class Layer;
  void forward_layers(Matrix& sums);

  const Bert& encoder_;
  size_t first_;
  std::vector<Layer> layers_;
  std::vector<uint32_t> lengths_;
  Matrix inputs_, states_, d_states_;
};

// Scales `moves`, a row for each of `inputs`, so that those of a sequence are together as long as
// `share` of its inputs are. Zeros stay.
void scale_moves(const Matrix& inputs, Lengths lengths, double share, Matrix& moves);

}  // namespace pawl::nn

#include "pipeline/tok2vec/static_vectors.h"

#include <algorithm>

#include "base/error.h"
#include "math/gemm.h"
#include "math/ops.h"
#include "nn/builders.h"
#include "text/unicode.h"

namespace pawl {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kFormat, "static_vectors: " + what);
}

}  // namespace

nn::NodePtr make_static_vectors(int64_t nO, double dropout) {
  return nn::make_projection("static_vectors", nO, "nM",
                             {{"key_attr", Msgpack("ORTH")}, {"dropout_rate", Msgpack(dropout)}});
}

void set_vector_widths(nn::Node& root, const Vocab& vocab) {
  for (nn::Node* node : nn::walk(root)) {
    if (node->name != "static_vectors" || node->dim("nM") || vocab.vectors() == nullptr) continue;
    node->set_dim("nM", static_cast<int64_t>(vocab.vectors()->width()));
  }
}

std::string vector_text(const Doc& doc, size_t i, const Vectors& vectors) {
  const std::string& form = *doc[i].lex->text;
  if (vectors.attribute() == Attr::kOrth) return form;
  const StringId id = doc.attr(i, vectors.attribute());
  // Forms that only one document keeps are not among the strings (Vocab::get_transient).
  return doc.vocab().strings().contains(id) ? doc.vocab().strings().at(id) : unicode::lower(form);
}

StaticVectors::StaticVectors(nn::Node& node)
    : node_(&node),
      weights_(&node.param("W")),
      outputs_(static_cast<size_t>(node.dim("nO").value_or(0))),
      inputs_(static_cast<size_t>(node.dim("nM").value_or(0))) {
  if (weights_->value.size() != outputs_ * inputs_ || outputs_ == 0)
    fail("W does not have the shape [nO, nM]");
}

std::vector<size_t> StaticVectors::gather(const Vocab& vocab, std::span<const WordKey> words,
                                          Matrix& vectors) const {
  const Vectors* table = vocab.vectors();
  if (table == nullptr)
    fail("the pipeline's vocabulary has no vectors, but a component was trained with some");
  if (table->width() != inputs_) {
    fail("the vocabulary's vectors have " + std::to_string(table->width()) +
         " dimensions, the component was trained with " + std::to_string(inputs_));
  }
  vectors.resize(words.size(), inputs_);
  std::vector<size_t> missing;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool known = table->look_up(words[i].id, words[i].text, vectors.row(i));
    if (!known && !table->by_ngrams()) missing.push_back(i);
  }
  return missing;
}

void StaticVectors::forward(const Vocab& vocab, std::span<const WordKey> words,
                            MatrixView y) const {
  thread_local Matrix vectors;
  gather(vocab, words, vectors);
  gemm_nt(vectors, {weights_->value.data(), outputs_, inputs_}, nullptr, y);
}

void StaticVectors::forward_training(const Vocab& vocab, std::span<const WordKey> words, Rng& rng,
                                     MatrixView y, Saved& saved) const {
  const std::vector<size_t> missing = gather(vocab, words, saved.vectors);
  gemm_nt(saved.vectors, {weights_->value.data(), outputs_, inputs_}, nullptr, y);
  // spaCy looks a missing word up at row -1 and clears the product only, so that its gradient is
  // that of the table's last row; weights come out the same this way.
  const Vectors& table = *vocab.vectors();
  for (const size_t i : missing)
    std::copy_n(table.row(table.rows() - 1), inputs_, saved.vectors.row(i));
  const Msgpack* given = node_->attr("dropout_rate");
  const double rate = given != nullptr && !given->is_null() ? given->as_double() : 0.0;
  saved.mask.clear();
  if (rate <= 0.0) return;
  saved.mask.resize(outputs_);
  dropout_mask(rng, rate, saved.mask);
  for (size_t i = 0; i < y.rows; ++i) multiply(saved.mask.data(), y.row(i), outputs_);
}

void StaticVectors::backward(const Saved& saved, ConstMatrixView d_y) const {
  weights_->ensure_gradient();
  const MatrixView gradient(weights_->gradient.data(), outputs_, inputs_);
  if (saved.mask.empty()) return gemm_tn(d_y, saved.vectors, gradient, true);
  Matrix masked(d_y.rows, d_y.cols);
  copy_matrix(d_y, masked);
  for (size_t i = 0; i < masked.rows(); ++i) multiply(saved.mask.data(), masked.row(i), outputs_);
  gemm_tn(masked, saved.vectors, gradient, true);
}

}  // namespace pawl

// Training: the forward pass that keeps what the backward pass needs.
#include <algorithm>
#include <cassert>

#include "pipeline/tok2vec/network_impl.h"

namespace pawl {

// Up to dropout, a word's embedding is computed once, however often the batch has it.
void Tok2VecNetwork::Impl::forward_embedding(DocRefs docs, Rng& rng) {
  extract(whole(docs), ids);
  find_texts(whole(docs), texts);
  if (chars) {
    every_word(ids.size() / key_width(), saved.types);  // its gradient knows no equal words
  } else {
    find_types(ids, key_width(), saved.types);
  }
  const size_t types = saved.types.first.size();
  saved.concatenated.resize(types, mix->dense.inputs());
  for (size_t c = 0; c < columns.size(); ++c) {
    pick_column(ids, saved.types.first, c, column_ids);
    tables[c].forward_training(column_ids, rng, column_view(saved.concatenated, c),
                               saved.tables[c]);
  }
  if (chars) {
    pick_chars(ids, saved.types.first, saved.chars);
    chars->forward(saved.chars, chars_view(saved.concatenated));
  }
  if (vectors) {
    pick_words(ids, texts, saved.types.first, word_keys);
    vectors->forward_training(docs.front()->vocab(), word_keys, rng,
                              column_view(saved.concatenated, columns.size()), saved.vectors);
  }
  scratch.resize(types, width());
  mix->dense.forward(saved.concatenated, scratch, &saved.mix.dense);
  mix->norm.forward(scratch, scratch, &saved.mix.norm);
  saved.mixed.resize(saved.types.row_of.size(), width());
  for (size_t i = 0; i < saved.mixed.rows(); ++i) {
    std::copy_n(scratch.row(saved.types.row_of[i]), width(), saved.mixed.row(i));
  }
  mix->dropout.forward(saved.mixed, rng, saved.mix.dropout);
}

void Tok2VecNetwork::Impl::backward_embedding(MatrixView gradient) {
  mix->dropout.backward(saved.mix.dropout, gradient);
  d_mixed.reset(saved.types.first.size(), width());
  for (size_t i = 0; i < gradient.rows; ++i) {
    add(gradient.row(i), d_mixed.row(saved.types.row_of[i]), width());
  }
  mix->norm.backward(saved.mix.norm, d_mixed, d_mixed);
  d_concatenated.resize(d_mixed.rows(), mix->dense.inputs());
  MatrixView d_x = d_concatenated;
  mix->dense.backward(saved.concatenated, saved.mix.dense, d_mixed, &d_x);
  for (size_t c = 0; c < tables.size(); ++c) {
    tables[c].backward(saved.tables[c], column_view(d_concatenated, c));
  }
  if (chars) chars->backward(saved.chars, saved.lengths, chars_view(d_concatenated));
  if (vectors) vectors->backward(saved.vectors, column_view(d_concatenated, columns.size()));
}

void Tok2VecNetwork::Impl::forward_convolution(size_t layer, Rng& rng, Matrix& x) {
  auto& segments = saved.segments[layer];
  find_segments(saved.layout, extent_after(layer), segments);
  copy_windows(x, segments, window, saved.inputs[layer]);
  scratch.resize(saved.inputs[layer].rows(), x.cols());
  convolutions[layer].forward(saved.inputs[layer], scratch, rng, saved.convolutions[layer]);
  add_segments(scratch, segments, x);
}

void Tok2VecNetwork::Impl::backward_convolution(size_t layer, Matrix& d_x) {
  const auto& segments = saved.segments[layer];
  copy_segments(d_x, segments, scratch);
  d_windows.resize(saved.inputs[layer].rows(), saved.inputs[layer].cols());
  MatrixView d_input = d_windows;
  convolutions[layer].backward(saved.inputs[layer], saved.convolutions[layer], scratch, d_input);
  size_t row = 0;
  for (const Segment& segment : segments) {
    for (size_t i = 0; i < segment.rows; ++i, ++row) {
      add(d_windows.row(row), d_x.row(segment.first - window + i), d_windows.cols());
    }
  }
}

void Tok2VecNetwork::forward(DocRefs docs, double dropout, Rng* rng, Matrix& out) {
  impl_->attach();
  assert((rng || dropout <= 0) && "dropout needs random numbers");
  Rng unused(0);
  Rng& draws = rng ? *rng : unused;
  nn::set_dropout_rate(*impl_->root, dropout);
  auto& saved = impl_->saved;
  find_lengths(whole(docs), saved.lengths);
  out.resize(count_tokens(docs), width());
  if (out.rows() == 0) return;
  // Without padding the words of a batch are one sequence.
  const size_t all[] = {out.rows()};
  lay_out(impl_->is_padded() ? std::span<const size_t>(saved.lengths) : all, impl_->pad(),
          saved.layout);
  impl_->forward_embedding(docs, draws);
  Matrix& x = impl_->d_padded;
  spread(saved.mixed, saved.layout, x);
  for (size_t layer = 0; layer < impl_->convolutions.size(); ++layer) {
    impl_->forward_convolution(layer, draws, x);
  }
  gather(x, saved.layout, out);
}

void Tok2VecNetwork::backward(ConstMatrixView gradient) {
  auto& saved = impl_->saved;
  if (gradient.rows == 0) return;
  assert(gradient.rows == saved.mixed.rows() && gradient.cols == width());
  spread(gradient, saved.layout, impl_->d_padded);
  for (size_t layer = impl_->convolutions.size(); layer-- > 0;) {
    impl_->backward_convolution(layer, impl_->d_padded);
  }
  Matrix& d_tokens = impl_->d_tokens;
  d_tokens.resize(gradient.rows, gradient.cols);
  gather(impl_->d_padded, saved.layout, d_tokens);
  impl_->backward_embedding(d_tokens);
}

}  // namespace pawl

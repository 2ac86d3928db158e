// Prediction: groups of documents, each word's embedding once, convolutions without padding beyond
// what a token can see.
#include <algorithm>
#include <cassert>

#include "pipeline/tok2vec/network_impl.h"

namespace pawl {

namespace {

// Documents are predicted in groups of about this many tokens, so that temporaries stay in cache.
constexpr size_t kGroupTokens = 256;
// A longer document is predicted piece by piece, each with as many neighbours as it can see.
constexpr size_t kPieceTokens = 4096;

}  // namespace

struct Tok2VecNetwork::Impl::Workspace {
  std::vector<uint64_t> ids, column;
  std::vector<uint32_t> unknown;
  std::vector<std::string> texts;
  std::vector<WordKey> word_keys;
  const Vocab* vocab = nullptr;
  std::vector<size_t> lengths;
  std::vector<Segment> segments;
  std::vector<size_t> rows;  // of the tokens
  Matrix words;              // some tokens' embeddings
  Matrix concatenated, fresh, mixed, padded, copied;
  PaddedRows layout;
};

Tok2VecNetwork::Impl::Workspace& Tok2VecNetwork::Impl::workspace() {
  thread_local Workspace space;
  return space;
}

void Tok2VecNetwork::Impl::predict_group(std::span<const DocPart> parts, PreparedTok2Vec& known,
                                         MatrixView out) const {
  Workspace& space = workspace();
  extract(parts, space.ids);
  find_texts(parts, space.texts);
  space.vocab = &parts.front().doc->vocab();
  find_lengths(parts, space.lengths);
  lay_out(space.lengths, pad(), space.layout);
  token_rows(space.layout, space.rows);
  space.padded.reset(space.layout.rows, width());
  for (size_t begin = 0; begin < out.rows; begin += kGroupTokens) {
    predict_words(begin, std::min(kGroupTokens, out.rows - begin), known, space);
  }
  predict_convolutions(known, space);
  gather(space.padded, space.layout, out);
}

ConstMatrixView Tok2VecNetwork::Impl::predict_part(const Doc& doc, size_t first, size_t n,
                                                   PreparedTok2Vec& known, Matrix& storage) const {
  const size_t before = std::min(first, pad()), after = std::min(doc.size() - first - n, pad());
  const DocPart part{&doc, first - before, first + n + after};
  storage.resize(part.end - part.first, width());
  predict_group({&part, 1}, known, storage);
  return storage.view().slice_rows(before, n);
}

void Tok2VecNetwork::Impl::predict_pieces(const Doc& doc, PreparedTok2Vec& known,
                                          MatrixView out) const {
  Matrix storage;
  for (size_t first = 0; first < doc.size(); first += kPieceTokens) {
    const size_t n = std::min(kPieceTokens, doc.size() - first);
    copy_matrix(predict_part(doc, first, n, known, storage), out.slice_rows(first, n));
  }
}

// What tokens [begin, begin + n) bring: their rows of the padded array, and their contributions.
void Tok2VecNetwork::Impl::predict_words(size_t begin, size_t n, PreparedTok2Vec& known,
                                         Workspace& space) const {
  const auto keys =
      std::span<const uint64_t>(space.ids).subspan(begin * key_width(), n * key_width());
  const auto rows = std::span<const size_t>(space.rows).subspan(begin, n);
  Matrix& words = space.words;
  words.resize(n, width());
  known.cache.look_up(keys, words, space.unknown);
  if (!space.unknown.empty()) {
    compute_words(keys, begin, space);
    known.cache.store(keys, words, space.unknown);
  }
  for (size_t i = 0; i < n; ++i) std::copy_n(words.row(i), width(), space.padded.row(rows[i]));
}

// Only words that were not met lately are computed.
void Tok2VecNetwork::Impl::compute_words(std::span<const uint64_t> keys, size_t begin,
                                         Workspace& space) const {
  const size_t n = space.unknown.size();
  space.concatenated.resize(n, mix->dense.inputs());
  for (size_t c = 0; c < columns.size(); ++c) {
    pick_column(keys, space.unknown, c, space.column);
    tables[c].forward(space.column, column_view(space.concatenated, c));
  }
  if (chars) {
    pick_chars(keys, space.unknown, space.column);
    chars->forward(space.column, chars_view(space.concatenated));
  }
  if (vectors) {
    const auto forms = space.texts.empty()
                           ? std::span<const std::string>()
                           : std::span<const std::string>(space.texts).subspan(begin);
    pick_words(keys, forms, space.unknown, space.word_keys);
    vectors->forward(*space.vocab, space.word_keys,
                     column_view(space.concatenated, columns.size()));
  }
  Matrix& fresh = space.fresh;
  fresh.resize(n, width());
  mix->predict(space.concatenated, fresh);
  for (size_t k = 0; k < n; ++k) {
    std::copy_n(fresh.row(k), width(), space.words.row(space.unknown[k]));
  }
}

// Rows between documents count as far as later convolutions can see them from a token; those that
// no token has reached yet are all alike.
void Tok2VecNetwork::Impl::predict_convolutions(const PreparedTok2Vec& known,
                                                Workspace& space) const {
  Matrix& x = space.padded;
  for (size_t layer = 0; layer < convolutions.size(); ++layer) {
    const size_t reached = (layer + 1) * window;
    const size_t needed = extent_after(layer);
    predict_convolution(layer, known, std::min(reached, needed), space);
    add_segments(space.mixed, space.segments, x);
    if (reached < needed) fill_margins(known.margins[layer + 1], reached, needed, space);
  }
}

void Tok2VecNetwork::Impl::predict_convolution(size_t layer, const PreparedTok2Vec& known,
                                               size_t extent, Workspace& space) const {
  if (known.filters.empty())
    find_segments(space.layout, extent, space.segments);
  else
    find_tiles(space.layout, extent, RowFilter::kRows, space.segments);
  convolve(layer, known, space.padded, space.segments, space.mixed);
}

// Without filters `rows` may be runs of any length.
void Tok2VecNetwork::Impl::convolve(size_t layer, const PreparedTok2Vec& known, const Matrix& x,
                                    const std::vector<Segment>& rows, Matrix& out) const {
  const MixLayer& weights = convolutions[layer];
  out.resize(count_rows(rows), width());
  if (known.filters.empty()) {
    Matrix& copied = workspace().copied;
    copy_windows(x, rows, window, copied);
    return weights.predict(copied, out);
  }
  known.filters[layer].apply(x, rows, out);
  if (weights.dense.is_mish()) nn::Mish::activate(out);
  weights.norm.forward(out, out, nullptr);
}

void Tok2VecNetwork::Impl::fill_margins(const FloatVector& margin, size_t reached, size_t needed,
                                        Workspace& space) const {
  const PaddedRows& layout = space.layout;
  for (size_t d = 0; d < layout.first.size(); ++d) {
    if (layout.lengths[d] == 0) continue;
    const size_t last = layout.first[d] + layout.lengths[d] - 1;
    for (size_t away = reached + 1; away <= needed; ++away) {
      std::copy(margin.begin(), margin.end(), space.padded.row(layout.first[d] - away));
      std::copy(margin.begin(), margin.end(), space.padded.row(last + away));
    }
  }
}

uint64_t Tok2VecNetwork::Impl::version() const {
  uint64_t sum = 0;
  for (const nn::Param* param : params) sum += param->version;
  return sum;
}

std::unique_ptr<PreparedTok2Vec> Tok2VecNetwork::Impl::prepare() const {
  auto out = std::make_unique<PreparedTok2Vec>(version(), key_width(), width());
  for (const MixLayer& layer : convolutions) {
    const nn::Dense& dense = layer.dense;
    if (window == 1)
      out->filters.emplace_back(dense.split(RowFilter::kTaps), dense.planar_bias(), dense.pieces());
  }
  out->margins.assign(1, FloatVector(width(), 0.0f));
  Matrix x(2 * window + 1, width()), y(1, width());
  for (size_t layer = 0; layer < convolutions.size(); ++layer) {
    const FloatVector& last = out->margins.back();
    for (size_t i = 0; i < x.rows(); ++i) std::copy(last.begin(), last.end(), x.row(i));
    convolve(layer, *out, x, {{window, 1}}, y);
    add(last.data(), y.data(), width());
    out->margins.emplace_back(y.data(), y.data() + width());
  }
  return out;
}

// What there is, or what `current` will hold where weights changed unannounced.
PreparedTok2Vec& Tok2VecNetwork::Impl::up_to_date(std::unique_ptr<PreparedTok2Vec>& current) const {
  assert(mix && "weights_changed() comes first");
  if (prepared->version == version()) return *prepared;
  current = prepare();
  return *current;
}

void Tok2VecNetwork::predict(DocRefs docs, Matrix& out) const {
  out.resize(count_tokens(docs), width());
  predict(docs, out.view());
}

ConstMatrixView Tok2VecNetwork::predict_part(const Doc& doc, size_t first, size_t n,
                                             Matrix& storage) const {
  std::unique_ptr<PreparedTok2Vec> current;
  return impl_->predict_part(doc, first, n, impl_->up_to_date(current), storage);
}

void Tok2VecNetwork::predict(DocRefs docs, MatrixView out) const {
  std::unique_ptr<PreparedTok2Vec> current;
  PreparedTok2Vec& known = impl_->up_to_date(current);
  size_t row = 0;
  for (size_t begin = 0; begin < docs.size();) {
    size_t end = begin;
    size_t tokens = 0;
    const auto fits = [&](const Doc& doc) { return end == begin || doc.size() <= kPieceTokens; };
    while (end < docs.size() && tokens < kGroupTokens && fits(*docs[end]))
      tokens += docs[end++]->size();
    const MatrixView rows = out.slice_rows(row, tokens);
    if (end - begin == 1 && tokens > kPieceTokens) {
      impl_->predict_pieces(*docs[begin], known, rows);
    } else if (tokens > 0) {
      impl_->predict_group(whole(docs.subspan(begin, end - begin)), known, rows);
    }
    row += tokens;
    begin = end;
  }
}

}  // namespace pawl

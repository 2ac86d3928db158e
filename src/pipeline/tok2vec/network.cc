#include "pipeline/tok2vec/network.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include "base/error.h"
#include "nn/dense.h"
#include "nn/layers.h"
#include "pipeline/tok2vec/attributes.h"
#include "pipeline/tok2vec/char_embed.h"
#include "pipeline/tok2vec/embedding_cache.h"
#include "pipeline/tok2vec/padded_rows.h"
#include "pipeline/tok2vec/static_vectors.h"
#include "pipeline/tok2vec/word_types.h"

namespace pawl {

namespace {

// Documents are predicted in groups of about this many tokens, so that temporaries stay in cache.
constexpr size_t kGroupTokens = 256;
// A longer document is predicted piece by piece, each with as many neighbours as it can see.
constexpr size_t kPieceTokens = 4096;

// Tokens [first, end) of a document.
struct DocPart {
  const Doc* doc;
  size_t first, end;
};

std::vector<DocPart> whole(DocRefs docs) {
  std::vector<DocPart> parts;
  for (const Doc* doc : docs) parts.push_back({doc, 0, doc->size()});
  return parts;
}

// Maxout or mish, layer norm, dropout: what thinc's Maxout(normalize=True, dropout=0.0) chains.
struct MixLayer {
  struct Saved {
    nn::Dense::Saved dense;
    nn::LayerNorm::Saved norm;
    nn::Dropout::Saved dropout;
  };

  MixLayer(nn::Node& dense_node, nn::Node& norm_node, nn::Node& dropout_node)
      : dense(dense_node), norm(norm_node), dropout(dropout_node) {}

  void predict(ConstMatrixView x, MatrixView y) const {
    dense.forward(x, y, nullptr);
    norm.forward(y, y, nullptr);
  }
  void forward(ConstMatrixView x, MatrixView y, Rng& rng, Saved& saved) const {
    dense.forward(x, y, &saved.dense);
    norm.forward(y, y, &saved.norm);
    dropout.forward(y, rng, saved.dropout);
  }
  // Overwrites d_y.
  void backward(ConstMatrixView x, const Saved& saved, MatrixView d_y, MatrixView& d_x) const {
    dropout.backward(saved.dropout, d_y);
    norm.backward(saved.norm, d_y, d_y);
    dense.backward(x, saved.dense, d_y, &d_x);
  }

  nn::Dense dense;
  nn::LayerNorm norm;
  nn::Dropout dropout;
};

std::vector<nn::Node*> nodes_named(nn::Node& root, std::string_view name) {
  std::vector<nn::Node*> out;
  for (nn::Node* node : nn::walk(root)) {
    if (node->name == name) out.push_back(node);
  }
  return out;
}

std::vector<MixLayer> mix_layers(nn::Node& root) {
  auto layers = nodes_named(root, "maxout");
  if (layers.empty()) layers = nodes_named(root, "mish");
  const auto norms = nodes_named(root, "layernorm");
  const auto dropouts = nodes_named(root, "dropout");
  if (layers.empty() || norms.size() != layers.size() || dropouts.size() != layers.size()) {
    throw Error(ErrorKind::kFormat, "the tok2vec tree '" + root.name + "' is not one pawl built");
  }
  std::vector<MixLayer> out;
  for (size_t i = 0; i < layers.size(); ++i) out.emplace_back(*layers[i], *norms[i], *dropouts[i]);
  return out;
}

nn::Node& required_ref(nn::Node& root, std::string_view key) {
  nn::Node* node = root.ref(key);
  if (!node) {
    throw Error(ErrorKind::kFormat,
                "tok2vec: the tree has no reference '" + std::string(key) + "'");
  }
  return *node;
}

void find_lengths(std::span<const DocPart> parts, std::vector<size_t>& out) {
  out.clear();
  for (const DocPart& part : parts) out.push_back(part.end - part.first);
}

// Temporaries of predict, kept per thread.
struct Workspace {
  std::vector<uint64_t> ids, column;
  std::vector<uint32_t> unknown;
  std::vector<std::string> texts;
  std::vector<WordKey> word_keys;
  const Vocab* vocab = nullptr;
  std::vector<size_t> lengths;
  std::vector<Segment> segments;
  std::vector<size_t> rows;  // of the tokens
  Matrix words;  // some tokens' embeddings
  Matrix concatenated, fresh, mixed, padded, copied;
  PaddedRows layout;
};

Workspace& workspace() {
  thread_local Workspace space;
  return space;
}

// What predict keeps of the weights as they were at one version.
struct Prepared {
  Prepared(uint64_t of_version, size_t columns, size_t width)
      : version(of_version), cache(columns, width) {}

  uint64_t version;
  std::vector<RowFilter> filters;  // the convolutions, where their windows are of three words
  EmbeddingCache cache;
  std::vector<FloatVector> margins;  // before each convolution, after the last: far from any token
};

}  // namespace

size_t count_tokens(DocRefs docs) {
  size_t n = 0;
  for (const Doc* doc : docs) n += doc->size();
  return n;
}

void release_beyond(size_t usual_rows, Matrix& matrix) {
  if (matrix.rows() > 16 * usual_rows) matrix = Matrix();
}

struct Tok2VecNetwork::Impl {
  explicit Impl(nn::Node& node) : root(&node) {}

  void attach();
  size_t char_keys() const { return chars ? chars->key_width() : 0; }
  size_t key_width() const { return columns.size() + char_keys() + (vectors ? 1 : 0); }
  void extract(std::span<const DocPart> parts, std::vector<uint64_t>& out) const;
  void find_texts(std::span<const DocPart> parts, std::vector<std::string>& out) const;
  void pick_words(std::span<const uint64_t> keys, std::span<const std::string> forms,
                  std::span<const uint32_t> tokens, std::vector<WordKey>& out) const;
  void pick_column(std::span<const uint64_t> keys, std::span<const uint32_t> tokens, size_t column,
                   std::vector<uint64_t>& out) const;
  void pick_chars(std::span<const uint64_t> keys, std::span<const uint32_t> tokens,
                  std::vector<uint64_t>& out) const;
  MatrixView column_view(Matrix& concatenated, size_t column) const;
  MatrixView chars_view(Matrix& concatenated) const;
  uint64_t version() const;
  std::unique_ptr<Prepared> prepare() const;
  Prepared& up_to_date(std::unique_ptr<Prepared>& current) const;
  void predict_group(std::span<const DocPart> parts, Prepared& known, MatrixView out) const;
  ConstMatrixView predict_part(const Doc& doc, size_t first, size_t n, Prepared& known,
                               Matrix& storage) const;
  void predict_pieces(const Doc& doc, Prepared& known, MatrixView out) const;
  void predict_words(size_t begin, size_t n, Prepared& known, Workspace& space) const;
  void compute_words(std::span<const uint64_t> keys, size_t begin, Workspace& space) const;
  void predict_convolutions(const Prepared& known, Workspace& space) const;
  void predict_convolution(size_t layer, const Prepared& known, size_t extent,
                           Workspace& space) const;
  void convolve(size_t layer, const Prepared& known, const Matrix& x,
                const std::vector<Segment>& rows, Matrix& out) const;
  void fill_margins(const FloatVector& margin, size_t reached, size_t needed,
                    Workspace& space) const;
  void forward_embedding(DocRefs docs, Rng& rng);
  void backward_embedding(MatrixView gradient);
  void forward_convolution(size_t layer, Rng& rng, Matrix& x);
  void backward_convolution(size_t layer, Matrix& d_x);

  size_t width() const { return static_cast<size_t>(*root->dim("nO")); }
  // Convolutions with mish have no padding in thinc: rows beyond the words stay zero.
  bool is_padded() const { return !convolutions.front().dense.is_mish(); }
  size_t pad() const { return is_padded() ? window * convolutions.size() : window; }
  // How far from a word rows count after the convolution.
  size_t extent_after(size_t layer) const { return is_padded() ? pad() - (layer + 1) * window : 0; }

  nn::Node* root;
  std::vector<Attr> columns;
  std::vector<nn::HashEmbed> tables;
  std::optional<CharEmbed> chars;        // a word's bytes are more columns then
  std::optional<StaticVectors> vectors;  // a word's key is one more column then
  std::optional<MixLayer> mix;
  std::vector<MixLayer> convolutions;
  size_t window = 1;
  std::vector<const nn::Param*> params;
  std::unique_ptr<Prepared> prepared;

  // What backward needs of the last forward.
  struct Saved {
    PaddedRows layout;
    std::vector<size_t> lengths;  // of the documents
    std::vector<nn::HashEmbed::Saved> tables;
    std::vector<uint64_t> chars;
    StaticVectors::Saved vectors;
    Matrix concatenated, mixed;
    MixLayer::Saved mix;
    WordTypes types;
    std::vector<std::vector<Segment>> segments;  // the rows each convolution computes
    std::vector<Matrix> inputs;                  // their windows
    std::vector<MixLayer::Saved> convolutions;
  } saved;
  std::vector<uint64_t> ids, column_ids;
  std::vector<std::string> texts;
  std::vector<WordKey> word_keys;
  Matrix scratch, d_windows, d_padded, d_tokens, d_mixed, d_concatenated;
};

void Tok2VecNetwork::Impl::attach() {
  if (mix) return;
  nn::Node& embed = required_ref(*root, "embed");
  nn::Node& encode = required_ref(*root, "encode");
  for (nn::Node* node : nodes_named(embed, "extract_features")) {
    for (const Msgpack& column : node->attr("columns")->as_array()) {
      columns.push_back(tok2vec_attribute(column));
    }
  }
  for (nn::Node* node : nodes_named(embed, "hashembed")) tables.emplace_back(*node);
  if (columns.empty() || columns.size() != tables.size()) {
    throw Error(ErrorKind::kFormat, "extract_features: 'columns' does not fit the tables");
  }
  for (nn::Node* node : nodes_named(embed, "charembed")) chars.emplace(*node);
  for (nn::Node* node : nodes_named(embed, "static_vectors")) vectors.emplace(*node);
  convolutions = mix_layers(encode);
  window = static_cast<size_t>(
      nodes_named(encode, "expand_window").at(0)->attr("window_size")->as_int());
  for (const MixLayer& layer : convolutions) {
    const size_t inputs = layer.dense.inputs();
    if (window < 1 || window > inputs || inputs != (2 * window + 1) * width()) {
      throw Error(ErrorKind::kFormat, "expand_window: 'window_size' does not fit the convolutions");
    }
  }
  mix = mix_layers(embed).front();
  for (nn::Node* node : nn::walk(*root)) {
    for (const auto& param : node->params) params.push_back(param.get());
  }
  saved.tables.resize(tables.size());
  saved.inputs.resize(convolutions.size());
  saved.segments.resize(convolutions.size());
  saved.convolutions.resize(convolutions.size());
}

// All attributes of one token, with character embeddings the word's bytes after them, with static
// vectors the word's key, then of the next.
void Tok2VecNetwork::Impl::extract(std::span<const DocPart> parts, std::vector<uint64_t>& out) const {
  out.clear();
  for (const auto& [doc, first, end] : parts) {
    const Vectors* table = vectors ? doc->vocab().vectors() : nullptr;
    const Attr key = table != nullptr ? table->attribute() : Attr::kOrth;
    for (size_t i = first; i < end; ++i) {
      for (const Attr attr : columns) out.push_back(doc->attr(i, attr));
      if (chars) chars->append_key(*(*doc)[i].lex->text, out);
      if (vectors) out.push_back(doc->attr(i, key));
    }
  }
}

// The words as the vectors of character n-grams want them; empty where ids will do.
void Tok2VecNetwork::Impl::find_texts(std::span<const DocPart> parts, std::vector<std::string>& out) const {
  out.clear();
  for (const auto& [doc, first, end] : parts) {
    const Vectors* table = vectors ? doc->vocab().vectors() : nullptr;
    if (table == nullptr || !table->by_ngrams()) return;
    for (size_t i = first; i < end; ++i) out.push_back(vector_text(*doc, i, *table));
  }
}

void Tok2VecNetwork::Impl::pick_words(std::span<const uint64_t> keys,
                                      std::span<const std::string> forms,
                                      std::span<const uint32_t> tokens,
                                      std::vector<WordKey>& out) const {
  out.clear();
  for (const uint32_t i : tokens) {
    out.push_back({keys[i * key_width() + columns.size() + char_keys()],
                   forms.empty() ? std::string_view() : std::string_view(forms[i])});
  }
}

void Tok2VecNetwork::Impl::pick_column(std::span<const uint64_t> keys,
                                       std::span<const uint32_t> tokens, size_t column,
                                       std::vector<uint64_t>& out) const {
  out.clear();
  for (const uint32_t i : tokens) out.push_back(keys[i * key_width() + column]);
}

void Tok2VecNetwork::Impl::pick_chars(std::span<const uint64_t> keys,
                                      std::span<const uint32_t> tokens,
                                      std::vector<uint64_t>& out) const {
  out.clear();
  for (const uint32_t i : tokens) {
    const auto from = keys.begin() + static_cast<ptrdiff_t>(i * key_width() + columns.size());
    out.insert(out.end(), from, from + static_cast<ptrdiff_t>(char_keys()));
  }
}

// Character embeddings come first.
MatrixView Tok2VecNetwork::Impl::column_view(Matrix& concatenated, size_t column) const {
  const size_t part = tables.front().outputs();
  return {concatenated.data() + (chars ? chars->outputs() : 0) + column * part, concatenated.rows(),
          part, concatenated.cols()};
}

MatrixView Tok2VecNetwork::Impl::chars_view(Matrix& concatenated) const {
  return {concatenated.data(), concatenated.rows(), chars->outputs(), concatenated.cols()};
}

void Tok2VecNetwork::Impl::predict_group(std::span<const DocPart> parts, Prepared& known, MatrixView out) const {
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
                                                   Prepared& known, Matrix& storage) const {
  const size_t before = std::min(first, pad()), after = std::min(doc.size() - first - n, pad());
  const DocPart part{&doc, first - before, first + n + after};
  storage.resize(part.end - part.first, width());
  predict_group({&part, 1}, known, storage);
  return storage.view().slice_rows(before, n);
}

void Tok2VecNetwork::Impl::predict_pieces(const Doc& doc, Prepared& known, MatrixView out) const {
  Matrix storage;
  for (size_t first = 0; first < doc.size(); first += kPieceTokens) {
    const size_t n = std::min(kPieceTokens, doc.size() - first);
    copy_matrix(predict_part(doc, first, n, known, storage), out.slice_rows(first, n));
  }
}

// What tokens [begin, begin + n) bring: their rows of the padded array, and their contributions.
void Tok2VecNetwork::Impl::predict_words(size_t begin, size_t n, Prepared& known,
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
void Tok2VecNetwork::Impl::predict_convolutions(const Prepared& known, Workspace& space) const {
  Matrix& x = space.padded;
  for (size_t layer = 0; layer < convolutions.size(); ++layer) {
    const size_t reached = (layer + 1) * window;
    const size_t needed = extent_after(layer);
    predict_convolution(layer, known, std::min(reached, needed), space);
    add_segments(space.mixed, space.segments, x);
    if (reached < needed) fill_margins(known.margins[layer + 1], reached, needed, space);
  }
}

void Tok2VecNetwork::Impl::predict_convolution(size_t layer, const Prepared& known, size_t extent,
                                               Workspace& space) const {
  if (known.filters.empty())
    find_segments(space.layout, extent, space.segments);
  else
    find_tiles(space.layout, extent, RowFilter::kRows, space.segments);
  convolve(layer, known, space.padded, space.segments, space.mixed);
}

// Without filters `rows` may be runs of any length.
void Tok2VecNetwork::Impl::convolve(size_t layer, const Prepared& known, const Matrix& x,
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

std::unique_ptr<Prepared> Tok2VecNetwork::Impl::prepare() const {
  auto out = std::make_unique<Prepared>(version(), key_width(), width());
  for (const MixLayer& layer : convolutions) {
    const nn::Dense& dense = layer.dense;
    if (window == 1) out->filters.emplace_back(dense.split(RowFilter::kTaps), dense.planar_bias(), dense.pieces());
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
Prepared& Tok2VecNetwork::Impl::up_to_date(std::unique_ptr<Prepared>& current) const {
  assert(mix && "weights_changed() comes first");
  if (prepared->version == version()) return *prepared;
  current = prepare();
  return *current;
}

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

Tok2VecNetwork::Tok2VecNetwork(nn::Node& root) : impl_(std::make_unique<Impl>(root)) {}

Tok2VecNetwork::~Tok2VecNetwork() = default;

size_t Tok2VecNetwork::width() const {
  return impl_->width();
}

void Tok2VecNetwork::initialize(Rng& rng) {
  nn::initialize(*impl_->root, rng);
  weights_changed();
}

void Tok2VecNetwork::weights_changed() {
  impl_->attach();
  impl_->mix->dense.pack();
  for (MixLayer& layer : impl_->convolutions) {
    if (impl_->window != 1) layer.dense.pack();  // else RowFilter keeps what it needs
  }
  impl_->prepared = impl_->prepare();
}

void Tok2VecNetwork::predict(DocRefs docs, Matrix& out) const {
  out.resize(count_tokens(docs), width());
  predict(docs, out.view());
}

ConstMatrixView Tok2VecNetwork::predict_part(const Doc& doc, size_t first, size_t n,
                                             Matrix& storage) const {
  std::unique_ptr<Prepared> current;
  return impl_->predict_part(doc, first, n, impl_->up_to_date(current), storage);
}

void Tok2VecNetwork::predict(DocRefs docs, MatrixView out) const {
  std::unique_ptr<Prepared> current;
  Prepared& known = impl_->up_to_date(current);
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

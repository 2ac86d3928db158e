// The inside of Tok2VecNetwork: its tree's layers, and what prediction and training keep. Only the
// sources of the network include this.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "math/row_filter.h"
#include "nn/dense.h"
#include "nn/layers.h"
#include "pipeline/tok2vec/char_embed.h"
#include "pipeline/tok2vec/embedding_cache.h"
#include "pipeline/tok2vec/network.h"
#include "pipeline/tok2vec/padded_rows.h"
#include "pipeline/tok2vec/static_vectors.h"
#include "pipeline/tok2vec/word_types.h"

namespace pawl {

// Tokens [first, end) of a document.
struct DocPart {
  const Doc* doc;
  size_t first, end;
};

std::vector<DocPart> whole(DocRefs docs);
void find_lengths(std::span<const DocPart> parts, std::vector<size_t>& out);

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

// What predict keeps of the weights as they were at one version.
struct PreparedTok2Vec {
  PreparedTok2Vec(uint64_t of_version, size_t columns, size_t width)
      : version(of_version), cache(columns, width) {}

  uint64_t version;
  std::vector<RowFilter> filters;  // the convolutions, where their windows are of three words
  EmbeddingCache cache;
  std::vector<FloatVector> margins;  // before each convolution, after the last: far from any token
};

struct Tok2VecNetwork::Impl {
  // Temporaries of predict, kept per thread.
  struct Workspace;
  static Workspace& workspace();

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
  std::unique_ptr<PreparedTok2Vec> prepare() const;
  PreparedTok2Vec& up_to_date(std::unique_ptr<PreparedTok2Vec>& current) const;
  void predict_group(std::span<const DocPart> parts, PreparedTok2Vec& known, MatrixView out) const;
  ConstMatrixView predict_part(const Doc& doc, size_t first, size_t n, PreparedTok2Vec& known,
                               Matrix& storage) const;
  void predict_pieces(const Doc& doc, PreparedTok2Vec& known, MatrixView out) const;
  void predict_words(size_t begin, size_t n, PreparedTok2Vec& known, Workspace& space) const;
  void compute_words(std::span<const uint64_t> keys, size_t begin, Workspace& space) const;
  void predict_convolutions(const PreparedTok2Vec& known, Workspace& space) const;
  void predict_convolution(size_t layer, const PreparedTok2Vec& known, size_t extent,
                           Workspace& space) const;
  void convolve(size_t layer, const PreparedTok2Vec& known, const Matrix& x,
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
  std::unique_ptr<PreparedTok2Vec> prepared;

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

}  // namespace pawl

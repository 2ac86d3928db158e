#include "pipeline/tok2vec/network.h"

#include <algorithm>
#include <cassert>

#include "base/error.h"
#include "pipeline/tok2vec/attributes.h"
#include "pipeline/tok2vec/network_impl.h"

namespace pawl {

namespace {

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

}  // namespace

std::vector<DocPart> whole(DocRefs docs) {
  std::vector<DocPart> parts;
  for (const Doc* doc : docs) parts.push_back({doc, 0, doc->size()});
  return parts;
}

void find_lengths(std::span<const DocPart> parts, std::vector<size_t>& out) {
  out.clear();
  for (const DocPart& part : parts) out.push_back(part.end - part.first);
}

size_t count_tokens(DocRefs docs) {
  size_t n = 0;
  for (const Doc* doc : docs) n += doc->size();
  return n;
}

void release_beyond(size_t usual_rows, Matrix& matrix) {
  if (matrix.rows() > 16 * usual_rows) matrix = Matrix();
}

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
void Tok2VecNetwork::Impl::extract(std::span<const DocPart> parts,
                                   std::vector<uint64_t>& out) const {
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
void Tok2VecNetwork::Impl::find_texts(std::span<const DocPart> parts,
                                      std::vector<std::string>& out) const {
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

}  // namespace pawl

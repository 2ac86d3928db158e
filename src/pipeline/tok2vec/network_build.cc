// Trees of the tok2vec architectures from their configuration blocks.
#include <algorithm>

#include "base/error.h"
#include "nn/builders.h"
#include "nn/dense.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/tok2vec/attributes.h"
#include "pipeline/tok2vec/char_embed.h"
#include "pipeline/tok2vec/network.h"
#include "pipeline/tok2vec/static_vectors.h"
#include "text/vocab.h"

namespace pawl {

namespace {

constexpr int64_t kMaxWidth = 1 << 14;
constexpr int64_t kMaxRows = 1 << 24;
constexpr int64_t kMaxPieces = 64;
constexpr int64_t kMaxDepth = 64;
constexpr int64_t kMaxWindow = 32;
constexpr size_t kMaxColumns = 64;
constexpr int64_t kMaxBytes = 1 << 10;  // of a word that are embedded
constexpr int64_t kFirstSeed = 8;
constexpr int64_t kFeatureSeed = 5;  // of CharacterEmbed's table
constexpr int64_t kEmbedPieces = 3;

struct EmbedSettings {
  int64_t width = 0;
  Msgpack::Array columns;
  std::vector<int64_t> rows;
  bool vectors = false;  // the words' static vectors beside the tables
  // CharacterEmbed: so many bytes of a word, of this width each, beside a single table.
  int64_t bytes = 0, byte_width = 0;
};

struct EncodeSettings {
  int64_t width = 0;
  int64_t window = 1;
  int64_t pieces = 3;
  int64_t depth = 1;
  bool mish = false;
};

// Absent and null mean false, as spaCy takes them.
bool wants_vectors(const Json& block, std::string_view key, const std::string& where) {
  const Json* value = block.find(key);
  return value != nullptr && !value->is_null() && flag_setting(block, key, where);
}

nn::NodePtr build_char_embed(const EmbedSettings& settings) {
  auto table =
      nn::make_hash_embed(settings.width, settings.rows.front(), kFeatureSeed, {}, int64_t{0});
  auto features = nn::make_node("extract_features", {{"columns", Msgpack(settings.columns)}});
  std::vector<nn::NodePtr> parts = {nn::chain({make_char_embed(settings.byte_width, settings.bytes),
                                               nn::make_named("list2ragged")}),
                                    nn::chain({std::move(features), nn::make_named("list2ragged"),
                                               nn::with_array(std::move(table))})};
  int64_t width = settings.bytes * settings.byte_width + settings.width;
  if (settings.vectors) {
    parts.push_back(make_static_vectors(settings.width, 0.0));
    width += settings.width;
  }
  auto mix = nn::make_maxout(settings.width, width, kEmbedPieces, true, 0.0);
  return nn::chain({nn::concatenate(std::move(parts)), nn::with_array(std::move(mix)),
                    nn::make_named("ragged2list")});
}

nn::NodePtr build_embed(const EmbedSettings& settings) {
  if (settings.bytes > 0) return build_char_embed(settings);
  std::vector<nn::NodePtr> tables;
  for (size_t i = 0; i < settings.rows.size(); ++i) {
    const auto column = static_cast<int64_t>(i);
    tables.push_back(
        nn::make_hash_embed(settings.width, settings.rows[i], kFirstSeed + column, 0.0, column));
  }
  const auto parts = static_cast<int64_t>(tables.size()) + (settings.vectors ? 1 : 0);
  auto features = nn::make_node("extract_features", {{"columns", Msgpack(settings.columns)}});
  auto mix = nn::make_maxout(settings.width, settings.width * parts, kEmbedPieces, true, 0.0);
  std::vector<nn::NodePtr> layers = {std::move(features), nn::make_named("list2ragged"),
                                     nn::with_array(nn::concatenate(std::move(tables)))};
  if (settings.vectors) {
    layers = {
        nn::concatenate({nn::chain(std::move(layers)), make_static_vectors(settings.width, 0.0)})};
  }
  layers.push_back(nn::with_array(std::move(mix)));
  layers.push_back(nn::make_named("ragged2list"));
  return nn::chain(std::move(layers));
}

// Without the with_array around it: MaxoutWindowEncoder.v1.
nn::NodePtr build_convolutions(const EncodeSettings& settings) {
  const int64_t in = settings.width * (2 * settings.window + 1);
  auto mix = settings.mish ? nn::make_mish(settings.width, in, true, 0.0)
                           : nn::make_maxout(settings.width, in, settings.pieces, true, 0.0);
  auto layer = nn::residual(nn::chain({nn::make_expand_window(settings.window), std::move(mix)}));
  auto node = nn::clones(std::move(layer), settings.depth);
  node->set_dim("nO", settings.width);
  return node;
}

nn::NodePtr build_network(const EmbedSettings& embed, const EncodeSettings& encode,
                          bool first_version) {
  auto convolutions = build_convolutions(encode);
  const int64_t pad = encode.mish ? 0 : encode.window * encode.depth;
  if (first_version) convolutions->set_attr("receptive_field", Msgpack(pad));
  auto padded = nn::with_array(convolutions, pad);
  auto embedding = build_embed(embed);
  auto node = nn::chain({embedding, padded});
  node->set_dim("nO", encode.width);
  node->set_ref("embed", embedding.get());
  node->set_ref("encode", first_version ? convolutions.get() : padded.get());
  return node;
}

// A column as it stands in the tree: the name, or the number, that the configuration gives.
Msgpack to_column(const Json& attr, const std::string& where) {
  if (!attr.is_string() && !attr.is_integer()) {
    throw Error(ErrorKind::kFormat, "[" + where + "] attrs holds " + to_json(attr));
  }
  Msgpack column = attr.is_string() ? Msgpack(attr.as_string()) : Msgpack(attr.as_int());
  try {
    tok2vec_attribute(column);
  } catch (const Error& error) {
    throw error.within("[" + where + "] attrs");
  }
  return column;
}

// An attribute's column is its number, as spaCy makes it.
EmbedSettings read_char_embed(const Json& block, const std::string& where) {
  EmbedSettings out;
  out.vectors = wants_vectors(block, "include_static_vectors", where);
  out.width = size_setting(block, "width", where, kMaxWidth);
  out.rows = {size_setting(block, "rows", where, kMaxRows)};
  out.byte_width = size_setting(block, "nM", where, kMaxWidth);
  out.bytes = size_setting(block, "nC", where, kMaxBytes);
  const Json* feature = block.find("feature");
  const Msgpack column =
      to_column(feature == nullptr || feature->is_null() ? Json("LOWER") : *feature, where);
  out.columns = {Msgpack(static_cast<int64_t>(attr_number(tok2vec_attribute(column))))};
  return out;
}

EmbedSettings read_embed(const Json& block, const std::string& where) {
  const std::string name = architecture(block, where);
  if (name == "spacy.CharacterEmbed.v2") return read_char_embed(block, where);
  if (name != "spacy.MultiHashEmbed.v2" && name != "spacy.MultiHashEmbed.v1") {
    throw_unsupported(where, name);
  }
  EmbedSettings out;
  out.vectors = wants_vectors(block, "include_static_vectors", where);
  out.width = size_setting(block, "width", where, kMaxWidth);
  const Json& attrs = setting(block, "attrs", where);
  const Json& rows = setting(block, "rows", where);
  if (!attrs.is_array() || !rows.is_array() || attrs.as_array().size() != rows.as_array().size() ||
      attrs.as_array().empty() || attrs.as_array().size() > kMaxColumns) {
    throw Error(ErrorKind::kFormat, "[" + where + "] attrs and rows must be lists of equal length");
  }
  for (const Json& attr : attrs.as_array()) out.columns.push_back(to_column(attr, where));
  for (const Json& row : rows.as_array()) {
    if (!row.is_integer() || row.as_double() < 1 || row.as_double() > kMaxRows) {
      throw Error(ErrorKind::kFormat,
                  "[" + where + "] rows holds " + to_json(row) + ", which is no size for a table");
    }
    out.rows.push_back(row.as_int());
  }
  return out;
}

EncodeSettings read_encode(const Json& block, const std::string& where, bool mish = false) {
  return {size_setting(block, "width", where, kMaxWidth),
          size_setting(block, "window_size", where, kMaxWindow),
          mish ? 1 : size_setting(block, "maxout_pieces", where, kMaxPieces),
          size_setting(block, "depth", where, kMaxDepth), mish};
}

nn::NodePtr build_from_parts(const Json& block, const std::string& where, bool first_version) {
  const EmbedSettings embed = read_embed(setting(block, "embed", where), where + ".embed");
  const Json& encode_block = setting(block, "encode", where);
  const std::string expected =
      first_version ? "spacy.MaxoutWindowEncoder.v1" : "spacy.MaxoutWindowEncoder.v2";
  const std::string found = architecture(encode_block, where + ".encode");
  const bool mish = !first_version && found == "spacy.MishWindowEncoder.v2";
  if (found != expected && !mish)
    throw_unsupported(where + ".encode", found + " in place of " + expected);
  const EncodeSettings encode = read_encode(encode_block, where + ".encode", mish);
  if (embed.width != encode.width) {
    throw Error(ErrorKind::kFormat, "[" + where + "] embed.width and encode.width differ");
  }
  return build_network(embed, encode, first_version);
}

nn::NodePtr build_hash_embed_cnn(const Json& block, const std::string& where) {
  const EncodeSettings encode = read_encode(block, where);
  const int64_t rows = size_setting(block, "embed_size", where, kMaxRows);
  EmbedSettings embed{
      encode.width, {Msgpack("NORM")}, {rows}, wants_vectors(block, "pretrained_vectors", where)};
  if (flag_setting(block, "subword_features", where)) {
    for (const char* attr : {"PREFIX", "SUFFIX", "SHAPE"}) {
      embed.columns.push_back(Msgpack(attr));
      embed.rows.push_back(std::max<int64_t>(rows / 2, 1));
    }
  }
  return build_network(embed, encode, false);
}

}  // namespace

nn::NodePtr build_tok2vec(const Json& block, const std::string& where) {
  const std::string name = architecture(block, where);
  if (name == "spacy.Tok2Vec.v2") return build_from_parts(block, where, false);
  if (name == "spacy.Tok2Vec.v1") return build_from_parts(block, where, true);
  if (name == "spacy.HashEmbedCNN.v2" || name == "spacy.HashEmbedCNN.v1") {
    return build_hash_embed_cnn(block, where);
  }
  if (name == "spacy.Tok2VecListener.v1") {
    auto node = nn::make_named("tok2vec-listener");
    node->set_dim("nO", size_setting(block, "width", where, kMaxWidth));
    return node;
  }
  throw_unsupported(where, name);
}

}  // namespace pawl

#include "pipeline/textcat/build.h"

#include <bit>

#include "base/error.h"
#include "nn/builders.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/tok2vec/network.h"

namespace pawl {

namespace {

constexpr int64_t kDefaultLength = 262144;
constexpr int64_t kMaxLength = int64_t{1} << 26;
constexpr int64_t kOrth = 65;  // spaCy's number of the attribute ORTH
constexpr int64_t kMaxoutPieces = 3;

enum class Version { kFirst = 1, kSecond, kThird };

struct Architecture {
  const char* name;
  TextcatKind kind;
  Version version;
};

constexpr Architecture kArchitectures[] = {
    {"spacy.TextCatBOW.v1", TextcatKind::kBow, Version::kFirst},
    {"spacy.TextCatBOW.v2", TextcatKind::kBow, Version::kSecond},
    {"spacy.TextCatBOW.v3", TextcatKind::kBow, Version::kThird},
    {"spacy.TextCatCNN.v1", TextcatKind::kReduce, Version::kFirst},
    {"spacy.TextCatCNN.v2", TextcatKind::kReduce, Version::kSecond},
    {"spacy.TextCatReduce.v1", TextcatKind::kReduce, Version::kThird},
    {"spacy.TextCatEnsemble.v2", TextcatKind::kEnsemble, Version::kSecond},
};

const Architecture& find_architecture(const Json& block, const std::string& where) {
  const std::string name = architecture(block, where);
  for (const Architecture& known : kArchitectures) {
    if (name == known.name) return known;
  }
  throw_unsupported(where, name);
}

int64_t bow_length(const Json& block, const std::string& where, Version version) {
  if (version != Version::kThird || !block.find("length")) return kDefaultLength;
  const int64_t length = size_setting(block, "length", where, kMaxLength);
  return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(length)));
}

nn::NodePtr build_bow(const Json& block, const std::string& where, Version version) {
  const bool exclusive = flag_setting(block, "exclusive_classes", where);
  const int64_t ngram_size = size_setting(block, "ngram_size", where, kMaxNgram);
  auto linear = version == Version::kThird
                    ? nn::make_sparse_linear_v2({}, bow_length(block, where, version))
                    : nn::make_sparse_linear({}, kDefaultLength);
  auto ngrams = nn::make_node("extract_ngrams",
                              {{"ngram_size", Msgpack(ngram_size)}, {"attr", Msgpack(kOrth)}});
  auto scores = version == Version::kFirst ? linear : nn::resizable(linear);
  auto root = nn::with_cpu(nn::chain({std::move(ngrams), std::move(scores)}));
  if (!flag_setting(block, "no_output_layer", where)) {
    auto output = exclusive ? nn::make_named("softmax_activation") : nn::make_logistic();
    root = nn::chain({std::move(root), nn::with_cpu(std::move(output))});
  }
  root->set_ref("output_layer", linear.get());
  root->set_attr("multi_label", Msgpack(!exclusive));
  return root;
}

std::vector<nn::NodePtr> build_reductions(const Json& block, const std::string& where,
                                          Version version) {
  if (version != Version::kThird) return {nn::make_named("reduce_mean")};
  std::vector<nn::NodePtr> out;
  for (const char* name : {"first", "last", "max", "mean"}) {
    if (flag_setting(block, std::string("use_reduce_") + name, where)) {
      out.push_back(nn::make_named(std::string("reduce_") + name));
    }
  }
  if (out.empty()) {
    throw Error(ErrorKind::kFormat, "[" + where + "] uses no reduction; set one of use_reduce_*");
  }
  return out;
}

nn::NodePtr build_reduce(const Json& block, const std::string& where, Version version) {
  const bool exclusive = flag_setting(block, "exclusive_classes", where);
  auto tok2vec = build_tok2vec(setting(block, "tok2vec", where), where + ".tok2vec");
  auto reductions = build_reductions(block, where, version);
  const int64_t in = *tok2vec->dim("nO") * static_cast<int64_t>(reductions.size());
  auto output = exclusive ? nn::make_softmax({}, in) : nn::make_linear({}, in);
  auto pooled = nn::chain({nn::chain({tok2vec, nn::make_named("list2ragged")}),
                           nn::concatenate(std::move(reductions))});
  auto scores = version == Version::kFirst ? output : nn::resizable(output);
  auto root = nn::chain({std::move(pooled), std::move(scores)});
  if (!exclusive) root = nn::chain({std::move(root), nn::make_logistic()});
  root->set_ref("output_layer", output.get());
  root->set_ref("tok2vec", tok2vec.get());
  root->set_attr("multi_label", Msgpack(!exclusive));
  return root;
}

nn::NodePtr build_ensemble(const Json& block, const std::string& where) {
  const std::string bow_where = where + ".linear_model";
  const Json& bow_block = setting(block, "linear_model", where);
  const Architecture& bow_kind = find_architecture(bow_block, bow_where);
  if (bow_kind.kind != TextcatKind::kBow) throw_unsupported(bow_where, bow_kind.name);
  auto tok2vec = build_tok2vec(setting(block, "tok2vec", where), where + ".tok2vec");
  auto bow = build_bow(bow_block, bow_where, bow_kind.version);
  const int64_t width = *tok2vec->dim("nO");
  auto attention = nn::make_parametric_attention(width);
  auto maxout = nn::make_maxout_layer(width, width, kMaxoutPieces);
  auto norm = nn::make_layer_norm(width);
  auto ragged = nn::chain({tok2vec, nn::make_named("list2ragged")});
  auto summed =
      nn::chain({nn::chain({std::move(ragged), attention}), nn::make_named("reduce_sum")});
  auto mix = nn::residual(nn::chain({nn::chain({maxout, norm}), nn::make_dropout(0.0)}));
  auto cnn = nn::chain({std::move(summed), std::move(mix)});
  const bool multi_label = bow->attr("multi_label")->as_bool();
  auto output =
      multi_label ? nn::chain({nn::make_linear(), nn::make_logistic()}) : nn::make_softmax();
  auto root = nn::chain({nn::concatenate({bow, std::move(cnn)}), std::move(output)});
  root->set_ref("tok2vec", tok2vec.get());
  root->set_ref("output_layer", bow->ref("output_layer"));
  root->set_ref("attention_layer", attention.get());
  root->set_ref("maxout_layer", maxout.get());
  root->set_ref("norm_layer", norm.get());
  root->set_attr("multi_label", Msgpack(multi_label));
  return root;
}

}  // namespace

TextcatKind textcat_kind(const Json& block, const std::string& where) {
  return find_architecture(block, where).kind;
}

nn::NodePtr build_textcat(const Json& block, const std::string& where) {
  const Architecture& found = find_architecture(block, where);
  switch (found.kind) {
    case TextcatKind::kBow:
      return build_bow(block, where, found.version);
    case TextcatKind::kReduce:
      return build_reduce(block, where, found.version);
    case TextcatKind::kEnsemble:
      return build_ensemble(block, where);
  }
  throw_unsupported(where, found.name);
}

void set_label_count(nn::Node& root, int64_t labels) {
  for (nn::Node* node : nn::walk(root)) {
    if (node->name == "sparse_linear") node->set_dim("nO", labels);
    if (node->name != "softmax" && node->name != "linear") continue;
    node->set_dim("nO", labels);
    if (!node->dim("nI")) node->set_dim("nI", labels + *root.ref("tok2vec")->dim("nO"));
  }
  // spaCy sets it on the root of whatever it can resize; otherwise it comes from the layers.
  if (root.name.starts_with("with_cpu(") && root.name.find("resizable(") != std::string::npos) {
    root.set_dim("nO", labels);
  }
}

}  // namespace pawl

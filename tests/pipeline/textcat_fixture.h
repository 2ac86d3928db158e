// Small documents and configurations for the tests of tok2vec and text classifiers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "pipeline/component/component.h"
#include "pipeline/registry.h"
#include "pipeline/textcat/textcat.h"
#include "pipeline/tok2vec/tok2vec.h"
#include "text/doc.h"
#include "text/vocab.h"

namespace pawl::textcat_testing {

inline std::shared_ptr<Vocab> vocab() {
  static const auto shared = [] {
    auto made = std::make_shared<Vocab>();
    made->lang = "en";
    return made;
  }();
  return shared;
}

// One token per word; words are separated by one blank.
inline Doc make_doc(const std::string& text) {
  Doc doc(*vocab(), text);
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = text.find(' ', begin);
    if (end == std::string::npos) end = text.size();
    Token token;
    token.lex = &vocab()->get(text.substr(begin, end - begin));
    token.idx = static_cast<uint32_t>(begin);
    token.spacy = end < text.size();
    doc.tokens().push_back(token);
    begin = end + 1;
  }
  return doc;
}

inline std::vector<Doc> make_docs(const std::vector<std::string>& texts) {
  std::vector<Doc> docs;
  for (const auto& text : texts) docs.push_back(make_doc(text));
  return docs;
}

inline Json tok2vec_block() {
  return parse_json(R"({"@architectures": "spacy.Tok2Vec.v2",
    "embed": {"@architectures": "spacy.MultiHashEmbed.v2", "width": 16, "rows": [60, 50],
              "attrs": ["NORM", "SHAPE"], "include_static_vectors": false},
    "encode": {"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": 16, "window_size": 1,
               "maxout_pieces": 2, "depth": 2}})");
}

inline Json bow_block(bool exclusive) {
  Json block = parse_json(R"({"@architectures": "spacy.TextCatBOW.v3", "ngram_size": 1,
                              "length": 4096, "no_output_layer": false})");
  block["exclusive_classes"] = exclusive;
  return block;
}

inline Json ensemble_block(bool exclusive) {
  Json block = parse_json(R"({"@architectures": "spacy.TextCatEnsemble.v2"})");
  block["tok2vec"] = tok2vec_block();
  block["linear_model"] = bow_block(exclusive);
  return block;
}

inline Json textcat_block(const std::string& factory, Json model) {
  Json block = Json::object();
  block["factory"] = factory;
  block["threshold"] = 0.5;
  block["model"] = std::move(model);
  return block;
}

inline std::unique_ptr<TrainableComponent> make_trainable(const Json& block,
                                                          const std::string& name = "topic") {
  auto made = block.at("factory").as_string() == "tok2vec" ? make_tok2vec(name, block, vocab())
                                                           : make_textcat(name, block, vocab());
  return std::unique_ptr<TrainableComponent>(dynamic_cast<TrainableComponent*>(made.release()));
}

inline Example category_example(const std::string& text, const std::string& label) {
  Example example;
  example.predicted = make_doc(text);
  example.cats = {{label, 1.0f}};
  return example;
}

inline std::vector<Example> weather_and_music() {
  return {category_example("will it rain tomorrow", "weather"),
          category_example("play some jazz", "music"),
          category_example("how cold is it outside", "weather"),
          category_example("play the next song please", "music")};
}

inline float score(const Doc& doc, const std::string& label) {
  for (const auto& [name, value] : doc.cats()) {
    if (name == label) return value;
  }
  return -1.0f;
}

}  // namespace pawl::textcat_testing

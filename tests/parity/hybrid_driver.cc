// Trains and asks pipelines with the hybrid text classifier for tests/parity/test_hybrid.py: one
// JSON object a line.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "pipeline/encoder/encoder_component.h"
#include "pipeline/hybrid/hybrid_textcat.h"
#include "pipeline/language.h"
#include "pipeline/registry.h"

namespace {

using namespace pawl;

std::unique_ptr<Language> nlp;

std::vector<Example> examples_of(const Json& request) {
  std::vector<Example> examples;
  for (const Json& item : request.at("examples").as_array()) {
    Example example;
    example.predicted = nlp->make_doc(item.at("text").as_string());
    example.cats.emplace_back(item.at("label").as_string(), 1.0f);
    examples.push_back(std::move(example));
  }
  return examples;
}

// {"pack", "encoder"?, "none"?, "examples", "to"}
Json train(const Json& request) {
  nlp = Language::blank(Env::real(), request.at("pack").as_string());
  if (const Json* encoder = request.find("encoder")) {
    Json block = Json::object();
    block["factory"] = "pawl_sentence_encoder";
    block["path"] = *encoder;
    nlp->add_component(make_component("sentence_encoder", block, nlp->shared_vocab()), block);
  }
  Json block = Json::object();
  block["factory"] = "pawl_hybrid_textcat";
  if (const Json* none = request.find("none")) block["none_of_these"] = *none;
  TrainableComponent& head = nlp->add_pipe("intent", block);
  Rng rng(0);
  head.initialize(examples_of(request), rng, Progress::silent());
  nlp->to_disk(Env::real(), request.at("to").as_string());
  return Json::object();
}

Json load(const Json& request) {
  nlp = Language::from_disk(Env::real(), request.at("from").as_string());
  return Json::object();
}

Json cats(const Json& request) {
  Json rows = Json::array();
  for (const Json& text : request.at("texts").as_array()) {
    const Doc doc = (*nlp)(text.as_string());
    Json row = Json::object();
    for (const auto& [label, score] : doc.cats()) row[label] = static_cast<double>(score);
    rows.push_back(std::move(row));
  }
  return rows;
}

Json tiers(const Json& request) {
  std::vector<std::string_view> texts;
  for (const Json& text : request.at("texts").as_array()) texts.push_back(text.as_string());
  Json rows = Json::array();
  const auto* head = dynamic_cast<const HybridTextCat*>(nlp->find("intent"));
  for (const HybridAnswer& answer : head->answer(texts)) rows.push_back(int{answer.tier});
  return rows;
}

Json ngrams(const Json& request) {
  Json rows = Json::array();
  for (const Json& text : request.at("texts").as_array()) {
    const TextNgrams counts = count_ngrams(text.as_string(), 20);
    Json row = Json::array();
    for (const auto* group : {&counts.words, &counts.characters}) {
      Json pairs = Json::array();
      for (const BucketCount& gram : *group) {
        pairs.push_back(Json::Array{uint64_t{gram.bucket}, static_cast<double>(gram.count)});
      }
      row.push_back(std::move(pairs));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json answer(const Json& request) {
  const std::string& what = request.at("do").as_string();
  if (what == "train") return train(request);
  if (what == "load") return load(request);
  if (what == "cats") return cats(request);
  if (what == "tiers") return tiers(request);
  if (what == "ngrams") return ngrams(request);
  throw Error(ErrorKind::kInvalidInput, "unknown request " + what);
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    Json reply = Json::object();
    try {
      reply["result"] = answer(parse_json(line));
    } catch (const Error& error) {
      reply["error"] = error.what();
    }
    std::cout << to_json(reply) << std::endl;
  }
}

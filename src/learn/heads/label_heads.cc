#include "learn/heads/rows.h"

namespace pawl::learn {
namespace {

// Rows of the n-gram table: enough for the distinct n-grams of a conversational vocabulary, a
// quarter of spaCy's default, so that a generation stays a few megabytes.
constexpr int64_t kNgramRows = 65536;

Json bow_model(int ngram_size) {
  Json model = Json::object();
  model["@architectures"] = "spacy.TextCatBOW.v3";
  model["exclusive_classes"] = true;
  model["length"] = kNgramRows;
  model["ngram_size"] = ngram_size;
  model["no_output_layer"] = false;
  model["nO"] = nullptr;
  return model;
}

Json textcat_config(Json model) {
  Json scorer = Json::object();
  scorer["@scorers"] = "spacy.textcat_scorer.v2";
  Json config = Json::object();
  config["factory"] = "textcat";
  config["scorer"] = scorer;
  config["threshold"] = 0.0;
  config["model"] = std::move(model);
  return config;
}

Json ensemble_model() {
  Json model = Json::object();
  model["@architectures"] = "spacy.TextCatEnsemble.v2";
  model["nO"] = nullptr;
  model["linear_model"] = bow_model(1);
  model["tok2vec"] = tok2vec_model();
  return model;
}

Json hybrid_config(const std::string& encoder, const Json& none_of_these) {
  Json model = Json::object();
  model["@architectures"] = "pawl.HybridTextCat.v1";
  model["vectors"] = encoder;
  model["hash_bits"] = 20;
  model["tune"] = true;
  model["c"] = 60.0;
  Json config = Json::object();
  config["factory"] = "pawl_hybrid_textcat";
  config["none_of_these"] = none_of_these;
  config["model"] = std::move(model);
  return config;
}

std::vector<Recipe> recipes_with(const std::string& encoder, const Json& none_of_these) {
  std::vector<Recipe> all;
  if (!encoder.empty()) all.push_back({"hybrid", hybrid_config(encoder, none_of_these), 1});
  all.push_back({"bow", textcat_config(bow_model(2)), 5});
  all.push_back({"ensemble", textcat_config(ensemble_model()), 1});
  return all;
}

// What is asked may be none of what is known; every text has some sentiment.
std::vector<Recipe> intent_recipes(const std::string& encoder) {
  return recipes_with(encoder, kOutOfScope);
}

std::vector<Recipe> sentiment_recipes(const std::string& encoder) {
  return recipes_with(encoder, nullptr);
}

}  // namespace

HeadRow intent_row() {
  return {.name = "intent",
          .component = "intent",
          .prefix = "INTENT_",
          .answers = true,
          .bar = "validation.intent_accuracy",
          .recipes = intent_recipes};
}

HeadRow sentiment_row() {
  return {.name = "sentiment",
          .component = "sentiment",
          .prefix = "SENTIMENT_",
          .bar = "validation.sentiment_accuracy",
          .recipes = sentiment_recipes};
}

}  // namespace pawl::learn

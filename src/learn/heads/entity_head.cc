#include "learn/heads/rows.h"

namespace pawl::learn {
namespace {

Json embed_block() {
  Json embed = Json::object();
  embed["@architectures"] = "spacy.MultiHashEmbed.v2";
  embed["width"] = 64;
  embed["rows"] = Json(Json::Array{Json(2000), Json(2000), Json(500), Json(1000), Json(500)});
  embed["attrs"] =
      Json(Json::Array{Json("NORM"), Json("LOWER"), Json("PREFIX"), Json("SUFFIX"), Json("SHAPE")});
  embed["include_static_vectors"] = false;
  return embed;
}

Json ner_config() {
  Json model = Json::object();
  model["@architectures"] = "spacy.TransitionBasedParser.v2";
  model["state_type"] = "ner";
  model["extra_state_tokens"] = false;
  model["hidden_width"] = 64;
  model["maxout_pieces"] = 2;
  model["use_upper"] = true;
  model["nO"] = nullptr;
  model["tok2vec"] = tok2vec_model();
  Json scorer = Json::object();
  scorer["@scorers"] = "spacy.ner_scorer.v1";
  Json config = Json::object();
  config["factory"] = "ner";
  config["incorrect_spans_key"] = nullptr;
  config["moves"] = nullptr;
  config["scorer"] = scorer;
  config["update_with_oracle_cut_size"] = 100;
  config["model"] = std::move(model);
  return config;
}

std::vector<Recipe> entity_recipes(const std::string&) {
  return {{"ner", ner_config(), 1}};
}

}  // namespace

Json tok2vec_model() {
  Json encode = Json::object();
  encode["@architectures"] = "spacy.MaxoutWindowEncoder.v2";
  encode["width"] = 64;
  encode["window_size"] = 1;
  encode["maxout_pieces"] = 3;
  encode["depth"] = 2;
  Json model = Json::object();
  model["@architectures"] = "spacy.Tok2Vec.v2";
  model["embed"] = embed_block();
  model["encode"] = encode;
  return model;
}

HeadRow entity_row() {
  return {.name = "entities",
          .component = "ner",
          .prefix = "",
          .kind = HeadKind::kSpans,
          .bar = "validation.entity_accuracy",
          .recipes = entity_recipes};
}

}  // namespace pawl::learn

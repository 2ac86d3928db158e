#include "pipeline/ner/ner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "base/json.h"

namespace pawl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<Vocab> vocab() {
  static const auto shared = std::make_shared<Vocab>();
  return shared;
}

Json block(const std::string& changes = "{}") {
  Json config = parse_json(R"({"factory": "ner", "update_with_oracle_cut_size": 100, "model": {
    "@architectures": "spacy.TransitionBasedParser.v2", "state_type": "ner",
    "extra_state_tokens": false, "hidden_width": 16, "maxout_pieces": 2, "use_upper": true,
    "tok2vec": {"@architectures": "spacy.HashEmbedCNN.v2", "pretrained_vectors": null, "width": 16,
      "depth": 2, "embed_size": 100, "window_size": 1, "maxout_pieces": 2,
      "subword_features": true}}})");
  for (const auto& [key, value] : parse_json(changes).as_object()) config["model"][key] = value;
  return config;
}

Doc make_doc(const std::string& text) {
  Doc doc(*vocab(), text);
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    Token token;
    token.lex = &vocab()->get(text.substr(begin, end - begin));
    token.norm = token.lex->norm;
    token.idx = static_cast<uint32_t>(begin);
    token.spacy = end < text.size();
    doc.tokens().push_back(token);
    begin = end + 1;
  }
  return doc;
}

struct Named {
  uint32_t start, end;
  std::string label;
};

Example make_example(const std::string& text, const std::vector<Named>& entities) {
  Example example;
  example.predicted = make_doc(text);
  example.has_entities = true;
  for (const Named& entity : entities) {
    example.entities.push_back({entity.start, entity.end, vocab()->strings().add(entity.label)});
  }
  return example;
}

std::vector<Example> people_and_places() {
  return {make_example("Ada Lovelace lives in London", {{0, 2, "PERSON"}, {4, 5, "GPE"}}),
          make_example("we met Alan Turing in New York", {{2, 4, "PERSON"}, {5, 7, "GPE"}}),
          make_example("Paris is cold today", {{0, 1, "GPE"}}),
          make_example("nothing happened at all", {})};
}

std::unique_ptr<Ner> untrained(const Json& config = block()) {
  return std::make_unique<Ner>("ner", config, vocab());
}

std::unique_ptr<Ner> trained(const Json& config = block(), uint64_t seed = 1, int steps = 60,
                             double dropout = 0.0) {
  auto ner = untrained(config);
  auto examples = people_and_places();
  Rng rng(seed);
  ner->initialize(examples, rng, Progress::silent());
  nn::Adam adam({.learn_rate = 0.01});
  Losses losses;
  for (int i = 0; i < steps; ++i) ner->update(examples, {dropout, &adam, &rng}, losses);
  adam.settle(ner->model());
  ner->weights_changed();
  return ner;
}

std::vector<Span> entities(const Ner& ner, const std::string& text) {
  Doc doc = make_doc(text);
  ner.predict({&doc, 1});
  return doc.entities();
}

std::vector<float> gradient(Ner& ner, std::vector<Example> examples, double& loss) {
  Losses losses;
  ner.update(examples, {}, losses);
  loss = losses["ner"];
  std::vector<float> out;
  for (nn::Node* node : nn::walk(ner.model())) {
    for (const auto& param : node->params) {
      out.insert(out.end(), param->gradient.begin(), param->gradient.end());
      param->clear_gradient();
    }
  }
  return out;
}

class EveryNerArchitecture : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Ner, EveryNerArchitecture,
                         ::testing::Values("{}", R"({"use_upper": false})",
                                           R"({"maxout_pieces": 1})",
                                           R"({"extra_state_tokens": true})"));

TEST_P(EveryNerArchitecture, LearnsItsExamples) {
  const auto ner = trained(block(GetParam()));
  for (const Example& example : people_and_places()) {
    EXPECT_EQ(entities(*ner, example.predicted.text()), example.entities)
        << example.predicted.text();
  }
}

TEST_P(EveryNerArchitecture, FindsTheSameInATextAloneAndInABatch) {
  const auto ner = trained(block(GetParam()), 2, 10);
  std::vector<std::string> texts = {"", "London", "Ada met Alan in New York in Paris"};
  for (int i = 0; i < 200; ++i) texts.push_back(texts[static_cast<size_t>(i) % 3] + " today");
  std::vector<Doc> together;
  for (const std::string& text : texts) together.push_back(make_doc(text));
  ner->predict(together);
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(together[i].entities(), entities(*ner, texts[i])) << texts[i];
  }
}

TEST_P(EveryNerArchitecture, ANewLabelLeavesOldScoresAlone) {
  const auto ner = trained(block(GetParam()), 3, 20);
  const std::string text = "Ada met Alan Turing in New York";
  const auto before = entities(*ner, text);
  EXPECT_TRUE(ner->add_label("DATE"));
  EXPECT_FALSE(ner->add_label("DATE"));
  EXPECT_EQ(entities(*ner, text), before);
  EXPECT_THAT(ner->labels(), ElementsAre("DATE", "GPE", "PERSON"));
  std::vector<Example> examples = people_and_places();
  examples.push_back(make_example("it rained on Monday", {{3, 4, "DATE"}}));
  nn::Adam adam({.learn_rate = 0.01});
  Losses losses;
  for (int i = 0; i < 80; ++i) ner->update(examples, {.optimizer = &adam}, losses);
  ner->weights_changed();
  EXPECT_EQ(entities(*ner, "it rained on Monday"), examples.back().entities);
}

TEST(Ner, GivesTheSameWeightsForTheSameSeed) {
  const auto first = trained(block(), 7, 10, 0.3);
  const auto again = trained(block(), 7, 10, 0.3);
  EXPECT_EQ(nn::to_bytes(first->model()), nn::to_bytes(again->model()));
  EXPECT_NE(nn::to_bytes(first->model()), nn::to_bytes(trained(block(), 8, 10, 0.3)->model()));
}

TEST(Ner, TheWeightOfAnExampleScalesLossAndGradient) {
  const auto ner = trained(block(), 1, 3);
  std::vector<Example> examples = {people_and_places()[0]};
  double loss = 0;
  double heavy_loss = 0;
  const auto once = gradient(*ner, examples, loss);
  examples[0].weight = 3.0f;
  const auto thrice = gradient(*ner, examples, heavy_loss);
  EXPECT_NEAR(heavy_loss, 3 * loss, 1e-5 * heavy_loss);
  ASSERT_EQ(once.size(), thrice.size());
  for (size_t i = 0; i < once.size(); ++i) ASSERT_NEAR(thrice[i], 3 * once[i], 1e-5) << i;
}

TEST(Ner, WhatIsNotAnnotatedTeachesNothing) {
  const auto ner = trained(block(), 1, 3);
  double loss = 0;
  auto examples = people_and_places();
  examples.resize(1);
  examples[0].has_entities = false;
  gradient(*ner, examples, loss);
  EXPECT_EQ(loss, 0.0);
  examples[0].has_entities = true;
  examples[0].entities.clear();
  examples[0].missing_entity.assign(examples[0].predicted.size(), 1);
  gradient(*ner, examples, loss);
  EXPECT_EQ(loss, 0.0);
}

TEST(Ner, LearnsLongTextsInPieces) {
  Json config = block();
  config["update_with_oracle_cut_size"] = 4;
  const auto ner = trained(config, 5, 80);
  const auto examples = people_and_places();
  EXPECT_EQ(entities(*ner, examples[1].predicted.text()), examples[1].entities);
}

TEST(Ner, KeepsEntitiesThatWereThereBefore) {
  const auto ner = trained();
  Doc doc = make_doc("Ada Lovelace lives in London");
  const std::vector<Span> given = {{2, 4, vocab()->strings().add("UNHEARD_OF")}};
  doc[2].ent_iob = EntIob::kBegin;
  doc[3].ent_iob = EntIob::kInside;
  doc[2].ent_type = doc[3].ent_type = given[0].label;
  ner->predict({&doc, 1});
  EXPECT_THAT(doc.entities(), ::testing::Contains(given[0]));
}

TEST(Ner, RehearsingPullsBackToTheTeacher) {
  const auto teacher = trained(block(), 3);
  auto copy = teacher->clone(vocab());
  auto& pupil = dynamic_cast<Ner&>(*copy);
  std::vector<Example> spoilt = {make_example("Ada Lovelace lives in London", {})};
  nn::Adam adam({.learn_rate = 0.01});
  Losses losses;
  for (int i = 0; i < 20; ++i) pupil.update(spoilt, {.optimizer = &adam}, losses);
  pupil.add_label("NEW");
  std::vector<Doc> docs = {make_doc("Ada Lovelace lives in London"), make_doc("Paris is cold")};
  nn::Adam fresh({.learn_rate = 0.01});
  Losses first;
  Losses last;
  pupil.rehearse(docs, *teacher, {.optimizer = &fresh}, first);
  for (int i = 0; i < 60; ++i) {
    last.clear();
    pupil.rehearse(docs, *teacher, {.optimizer = &fresh}, last);
  }
  EXPECT_LT(last["ner"], 0.3 * first["ner"]);
}

TEST(Ner, ACopyIsIndependent) {
  const auto ner = trained(block(), 4, 20);
  const auto copy = ner->clone(vocab());
  const std::string before = nn::to_bytes(ner->model());
  auto examples = people_and_places();
  nn::Adam adam;
  Losses losses;
  dynamic_cast<Ner&>(*copy).update(examples, {.optimizer = &adam}, losses);
  EXPECT_EQ(nn::to_bytes(ner->model()), before);
}

void expect_error(ErrorKind kind, const std::string& part, const std::function<void()>& call) {
  try {
    call();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

TEST(Ner, RefusesUnknownArchitecturesAndSettingsByName) {
  const auto with = [](const std::string& changes) { return [=] { untrained(block(changes)); }; };
  expect_error(ErrorKind::kUnsupported, "spacy.Other.v9",
               with(R"({"@architectures": "spacy.Other.v9"})"));
  expect_error(ErrorKind::kUnsupported, "parser", with(R"({"state_type": "parser"})"));
  expect_error(ErrorKind::kUnsupported, "moves", [] {
    Json config = block();
    config["moves"] = "given";
    untrained(config);
  });
  expect_error(ErrorKind::kFormat, "hidden_width", with(R"({"hidden_width": 0})"));
  expect_error(ErrorKind::kUnsupported, "hidden_width",
               with(R"({"hidden_width": 16000, "maxout_pieces": 60})"));
  expect_error(ErrorKind::kFormat, "maxout_pieces", with(R"({"maxout_pieces": "two"})"));
  expect_error(ErrorKind::kFormat, "update_with_oracle_cut_size", [] {
    Json config = block();
    config["update_with_oracle_cut_size"] = -1;
    untrained(config);
  });
}

TEST(Ner, WantsWeightsBeforeItWorks) {
  const auto ner = untrained();
  Doc doc = make_doc("Ada");
  expect_error(ErrorKind::kInvalidInput, "'ner'", [&] { ner->predict({&doc, 1}); });
  auto examples = people_and_places();
  Losses losses;
  expect_error(ErrorKind::kInvalidInput, "'ner'", [&] { ner->update(examples, {}, losses); });
}

TEST(Ner, RefusesEntitiesThatOverlap) {
  const auto ner = trained(block(), 1, 1);
  std::vector<Example> examples = {make_example("a b c", {{0, 2, "GPE"}, {1, 3, "GPE"}})};
  Losses losses;
  expect_error(ErrorKind::kInvalidInput, "overlaps", [&] { ner->update(examples, {}, losses); });
}

}  // namespace
}  // namespace pawl

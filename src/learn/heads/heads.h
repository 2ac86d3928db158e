// Heads as components of a pipeline: made, found, run and scored.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "learn/heads/head.h"
#include "learn/statistics.h"
#include "pipeline/component/component.h"
#include "pipeline/encoder/sentence_vectors.h"
#include "pipeline/language.h"

namespace pawl::learn {

// The head's component after a recipe, untrained.
std::unique_ptr<TrainableComponent> make_head(const Recipe& recipe, Head head,
                                              std::shared_ptr<Vocab> vocab);

// The pipeline's component with sentence vectors, and what it gives.
struct EncoderLink {
  std::string name;  // empty: there is none
  std::shared_ptr<const SentenceVectors> vectors;
};
EncoderLink find_encoder(const Language& nlp);
// Adds the encoder of this folder as "sentence_encoder", unless the pipeline has one. Throws Error
// when the folder holds none that can be used.
void add_encoder(Env& env, Language& nlp, const Path& folder);
// Lets a component that stands alone, or a head of a pipeline, read these vectors if it reads any.
void link_vectors(Component& component, std::shared_ptr<const SentenceVectors> vectors);

// The head's component in a pipeline; null when the pipeline has none that can be trained.
const TrainableComponent* find_head(const Language& nlp, Head head);
TrainableComponent* find_head(Language& nlp, Head head);
// The component whose token vectors this one reads, as "tok2vec"; empty when it has its own.
std::string upstream_of(const Language& nlp, std::string_view component);
// Gives documents that were only tokenised what the head reads in them.
void annotate_for_head(const Language& nlp, Head head, std::span<Doc> docs);
// Replaces the component of the same name, or adds it at the end.
void put_head(Language& nlp, std::unique_ptr<TrainableComponent> component);
std::unique_ptr<TrainableComponent> clone_head(const TrainableComponent& component,
                                               std::shared_ptr<Vocab> vocab);

struct Scored {
  std::string label;  // without prefix; empty when the head says nothing
  double confidence = 0;
};
// The best label among the document's categories of this head.
Scored best_label(const Doc& doc, Head head);
// All of them, in the head's order, as probabilities, were the text in scope.
std::vector<std::pair<std::string, double>> label_scores(const Doc& doc, Head head);
// How far the document is from what the intent head knows: from 1/2 on it is taken to be out of
// scope, which one or two of a hundred texts in scope are, too. 0 where the head does not tell.
double out_of_scope_score(const Doc& doc);

// Runs the head on copies of the examples' documents.
std::vector<Doc> predict_copies(const TrainableComponent& component,
                                std::span<const Example> examples);

// Gold, predicted and correct entities of one document; on tokens without annotation nothing is
// counted.
std::map<std::string, SpanCounts> count_entities(const Example& gold, const Doc& predicted);

// Accuracy (intent, sentiment) or entity F-score; 0 without examples.
double score_head(const TrainableComponent& component, Head head,
                  std::span<const Example> examples);

}  // namespace pawl::learn

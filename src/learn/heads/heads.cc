#include "learn/heads/heads.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "pipeline/registry.h"
#include "pipeline/tok2vec/link.h"

namespace pawl::learn {
namespace {

double category_score(const Doc& doc, std::string_view name) {
  for (const auto& [category, score] : doc.cats()) {
    if (category == name) return score;
  }
  return 0.0;
}

bool touches_missing(const Example& gold, const Span& span) {
  if (gold.missing_entity.empty()) return false;
  for (uint32_t i = span.start; i < span.end; ++i) {
    if (gold.missing_entity[i]) return true;
  }
  return false;
}

}  // namespace

std::unique_ptr<TrainableComponent> make_head(const Recipe& recipe, Head head,
                                              std::shared_ptr<Vocab> vocab) {
  std::unique_ptr<Component> made =
      make_component(std::string(component_name(head)), recipe.config, std::move(vocab));
  auto* trainable = dynamic_cast<TrainableComponent*>(made.get());
  if (trainable == nullptr) throw Error(ErrorKind::kInternal, recipe.name + ": is not trainable");
  made.release();
  return std::unique_ptr<TrainableComponent>(trainable);
}

EncoderLink find_encoder(const Language& nlp) {
  for (const std::string& name : nlp.pipe_names()) {
    const auto* upstream = dynamic_cast<const SentenceVectorsUpstream*>(nlp.find(name));
    if (upstream != nullptr && upstream->vectors() != nullptr) return {name, upstream->vectors()};
  }
  return {};
}

void add_encoder(Env& env, Language& nlp, const Path& folder) {
  if (!find_encoder(nlp).name.empty()) return;
  Json config = Json::object();
  config["factory"] = "pawl_sentence_encoder";
  config["path"] = nullptr;
  auto encoder = make_component("sentence_encoder", config, nlp.shared_vocab());
  encoder->from_disk(env, folder);
  if (nlp.find(encoder->name()) != nullptr) nlp.remove_pipe(encoder->name());
  nlp.add_component(std::move(encoder), config);
}

void link_vectors(Component& component, std::shared_ptr<const SentenceVectors> vectors) {
  auto* listening = dynamic_cast<SentenceVectorsListening*>(&component);
  if (listening != nullptr && !listening->vectors_name().empty())
    listening->set_vectors(std::move(vectors));
}

const TrainableComponent* find_head(const Language& nlp, Head head) {
  return nlp.find_trainable(head->component);
}
TrainableComponent* find_head(Language& nlp, Head head) {
  return nlp.find_trainable(head->component);
}

std::string upstream_of(const Language& nlp, std::string_view component) {
  const auto* listening = dynamic_cast<const Tok2VecListening*>(nlp.find(component));
  if (listening == nullptr || listening->upstream_name() != "*")
    return listening == nullptr ? std::string() : listening->upstream_name();
  std::string last;
  for (const std::string& name : nlp.pipe_names()) {
    if (name == component) break;
    if (dynamic_cast<const Tok2VecUpstream*>(nlp.find(name)) != nullptr) last = name;
  }
  return last;
}

void annotate_for_head(const Language& nlp, Head head, std::span<Doc> docs) {
  const Component* upstream = nlp.find(upstream_of(nlp, component_name(head)));
  if (upstream != nullptr && !docs.empty()) upstream->predict(docs);
}

void put_head(Language& nlp, std::unique_ptr<TrainableComponent> component) {
  if (nlp.find(component->name()) == nullptr) nlp.add_pipe(component->name(), component->config());
  nlp.replace_pipe(std::move(component));
}

std::unique_ptr<TrainableComponent> clone_head(const TrainableComponent& component,
                                               std::shared_ptr<Vocab> vocab) {
  std::unique_ptr<Component> copy = component.clone(std::move(vocab));
  auto* trainable = dynamic_cast<TrainableComponent*>(copy.get());
  if (trainable == nullptr)
    throw Error(ErrorKind::kInternal, component.name() + ": its copy cannot be trained");
  copy.release();
  return std::unique_ptr<TrainableComponent>(trainable);
}

std::vector<std::pair<std::string, double>> label_scores(const Doc& doc, Head head) {
  std::vector<std::pair<std::string, double>> scores;
  const double in_scope = head == Head::kIntent ? 1.0 - category_score(doc, kOutOfScope) : 1.0;
  for (const auto& [category, score] : doc.cats()) {
    if (auto label = from_category(head, category))
      scores.emplace_back(*label, in_scope > 0 ? std::min(1.0, score / in_scope) : score);
  }
  return scores;
}

// Of the category and the best label, the one is larger exactly where the text is out of scope.
double out_of_scope_score(const Doc& doc) {
  const double none = category_score(doc, kOutOfScope);
  double best = 0;
  for (const auto& [category, score] : doc.cats()) {
    if (from_category(Head::kIntent, category)) best = std::max<double>(best, score);
  }
  return none > 0 ? none / (none + best) : 0.0;
}

Scored best_label(const Doc& doc, Head head) {
  Scored best;
  for (auto& [label, score] : label_scores(doc, head)) {
    if (best.label.empty() || score > best.confidence) best = {std::move(label), score};
  }
  return best;
}

std::vector<Doc> predict_copies(const TrainableComponent& component,
                                std::span<const Example> examples) {
  std::vector<Doc> docs;
  docs.reserve(examples.size());
  for (const Example& example : examples) docs.push_back(example.predicted);
  component.predict(docs);
  return docs;
}

std::map<std::string, SpanCounts> count_entities(const Example& gold, const Doc& predicted) {
  std::map<std::string, SpanCounts> counts;
  const StringStore& strings = predicted.vocab().strings();
  for (const Span& span : gold.entities) ++counts[strings.at(span.label)].gold;
  for (const Span& span : predicted.entities()) {
    if (touches_missing(gold, span)) continue;
    SpanCounts& c = counts[strings.at(span.label)];
    ++c.predicted;
    c.correct += std::find(gold.entities.begin(), gold.entities.end(), span) != gold.entities.end();
  }
  return counts;
}

double score_head(const TrainableComponent& component, Head head,
                  std::span<const Example> examples) {
  if (examples.empty()) return 0;
  const std::vector<Doc> docs = predict_copies(component, examples);
  if (head->kind == HeadKind::kSpans) {
    std::vector<SpanCounts> all;
    for (size_t i = 0; i < docs.size(); ++i) {
      for (const auto& [label, c] : count_entities(examples[i], docs[i])) all.push_back(c);
    }
    return f_score(all);
  }
  size_t right = 0;
  for (size_t i = 0; i < docs.size(); ++i) {
    const std::string best = to_category(head, best_label(docs[i], head).label);
    for (const auto& [category, value] : examples[i].cats)
      right += value > 0.5f && category == best;
  }
  return static_cast<double>(right) / static_cast<double>(docs.size());
}

}  // namespace pawl::learn

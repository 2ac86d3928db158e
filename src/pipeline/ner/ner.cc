#include "pipeline/ner/ner.h"

namespace pawl {

namespace {

constexpr TransitionKind kKind = {.factory = "ner", .state_type = "ner", .min_action_freq = 1};

}  // namespace

Ner::Ner(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab)
    : TransitionComponent(name, kKind, config, std::move(vocab)) {}

std::shared_ptr<const TransitionDecoder> Ner::make_decoder() const {
  return std::make_shared<BiluoDecoder>(actions_, unseen(), nodes());
}

std::vector<float> Ner::margins(const Doc& doc) const {
  require_weights();
  const std::vector<const Doc*> refs = {&doc};
  Matrix tokens;
  input().predict(refs, tokens);
  return BiluoDecoder(actions_, unseen(), nodes()).margins(doc, tokens);
}

std::unique_ptr<Component> Ner::clone(std::shared_ptr<Vocab> vocab) const {
  auto copy = std::make_unique<Ner>(name(), config(), std::move(vocab));
  copy_state_to(*copy);
  return copy;
}

void Ner::initialize(std::span<const Example> examples, Rng& rng, Progress&) {
  if (!has_label_data()) count_actions(examples);
  start_anew();
  draw_weights(rng);
}

void Ner::count_actions(std::span<const Example> examples) {
  BiluoActions::Table table;
  for (int move = 0; move < kBiluoMoves; ++move) table[move];
  table[static_cast<int>(BiluoMove::kOut)] = {{"", 1}};
  std::map<std::string, int64_t> counts;
  for (const Example& example : examples) {
    for (const Span& entity : example.entities) {
      counts[vocab().strings().at(entity.label)] += entity.end - entity.start;
    }
  }
  for (int move = static_cast<int>(BiluoMove::kBegin); move <= static_cast<int>(BiluoMove::kUnit);
       ++move) {
    table[move].assign(counts.begin(), counts.end());
    for (const auto& [label, count] :
         actions_.table().contains(move) ? actions_.table().at(move) : BiluoActions::Counts()) {
      if (!label.empty() && !counts.contains(label)) table[move].emplace_back(label, count);
    }
  }
  table[static_cast<int>(BiluoMove::kUnit)].emplace_back("", 1);  // a token that is no entity
  actions_.initialize(table, vocab().strings());
}

std::unique_ptr<Component> make_ner(const std::string& name, const Json& config,
                                    std::shared_ptr<Vocab> vocab) {
  return std::make_unique<Ner>(name, config, std::move(vocab));
}

}  // namespace pawl

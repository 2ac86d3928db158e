// Learning: one step on a batch of examples (spacy.pipeline.transition_parser), and one towards the
// scores of a teacher.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "pipeline/ner/batch.h"

namespace pawl {

void Ner::add_gold_labels(std::span<const Example> examples) {
  bool added = false;
  for (const Example& example : examples) {
    if (!example.has_entities) continue;
    for (const Span& entity : example.entities) {
      if (actions_.find({BiluoMove::kBegin, entity.label}) != BiluoActions::kNone) continue;
      added = actions_.add_label(vocab().strings().at(entity.label), vocab().strings()) || added;
    }
  }
  if (added) grow_output();
}

// The group of spans that are known to be no entities; empty: none is asked for.
std::string Ner::wrong_key() const {
  const Json* key = settings().find("incorrect_spans_key");
  return key != nullptr && key->is_string() ? key->as_string() : std::string();
}

Ner::Batch Ner::make_batch(std::span<const Example> examples, uint32_t cut) const {
  Batch batch;
  batch.golds.reserve(examples.size());
  std::vector<std::pair<const Example*, Run>> to_cut;
  size_t first = 0;
  for (const Example& example : examples) {
    const auto length = static_cast<uint32_t>(example.predicted.size());
    batch.docs.push_back(&example.predicted);
    if (has_gold(example, 0, length, wrong_key())) {
      batch.golds.push_back(biluo_gold(example, wrong_key()));
      Run run{BiluoState(example.predicted.tokens()), first, batch.golds.size() - 1,
              example.weight};
      run.max_states = length;
      if (length < cut) {
        batch.runs.push_back(std::move(run));
      } else {
        to_cut.emplace_back(&example, std::move(run));
      }
    }
    first += length;
  }
  for (auto& [example, run] : to_cut) cut_example(*example, cut, std::move(run), batch);
  size_t row = 0;
  for (Run& run : batch.runs) {
    run.first_row = row;
    row += run.max_states;
  }
  return batch;
}

// Pieces of `cut` tokens, each begun in the state to which the reference's actions lead; as in
// spaCy a piece goes on for one token into the next.
void Ner::cut_example(const Example& example, uint32_t cut, Run whole, Batch& batch) const {
  const std::vector<int> oracle = oracle_sequence(whole.state, batch.golds[whole.gold], actions_);
  const uint32_t length = whole.state.length();
  for (size_t i = 0; i < oracle.size(); i += cut) {
    Run piece = whole;
    for (size_t k = i; k < std::min(oracle.size(), i + cut); ++k) {
      whole.state.apply(actions_[static_cast<size_t>(oracle[k])]);
    }
    const uint32_t start = piece.state.next();
    // At the end of the document spaCy leaves out the last token, and looks at all of it when
    // nothing is left.
    const uint32_t end = whole.state.is_final() ? length - 1 : whole.state.next();
    const bool known = start < end ? has_gold(example, start, end, wrong_key())
                                   : has_gold(example, 0, length, wrong_key());
    if (!known) continue;
    piece.max_states = std::min(piece.state.remaining(), cut + 1);
    batch.runs.push_back(std::move(piece));
  }
}

void Ner::score_batch(ParserPass& states, Batch& batch) const {
  const size_t n = actions_.size();
  batch.valid.assign(batch.rows() * n, 0);
  if (!batch.golds.empty()) batch.costs.resize(batch.rows() * n);
  for (const Run& run : batch.runs) {
    for (uint32_t i = 0; i < run.max_states; ++i) {
      const size_t token = run.first_token + run.state.next() + i;
      states.ids(run.first_row + i)[0] = static_cast<int32_t>(token);
    }
  }
  // As if no entity were open anywhere; states for which one is are scored again.
  states.score(0, states.states());
  for (Run& run : batch.runs) {
    score_run(states, run, batch);
    for (uint32_t i = 0; i < run.states; ++i) {
      batch.scored.push_back({run.first_row + i, i, run.weight});
    }
  }
}

void Ner::score_run(ParserPass& states, Run& run, Batch& batch) const {
  const size_t n = actions_.size();
  BiluoState state = run.state;
  for (run.states = 0; run.states < run.max_states && !state.is_final(); ++run.states) {
    const size_t row = run.first_row + run.states;
    if (state.entity_is_open()) {
      const std::span<int32_t> ids(states.ids(row), states.features());
      state.features(ids);
      for (int32_t& id : ids) {
        if (id >= 0) id += static_cast<int32_t>(run.first_token);
      }
      states.score(row, 1);
    }
    uint8_t* valid = batch.valid.data() + row * n;
    if (batch.golds.empty()) {
      state.set_valid(actions_, valid);
    } else {
      set_costs(state, batch.golds[run.gold], actions_, valid, batch.costs.data() + row * n);
    }
    const int action = best_action(states.scores().row(row), valid);
    if (action == BiluoActions::kNone) {
      state.force_final();
    } else {
      state.apply(actions_[static_cast<size_t>(action)]);
    }
  }
}

int Ner::best_action(const float* scores, const uint8_t* valid) const {
  int best = BiluoActions::kNone;
  float best_score = 0;
  for (size_t i = 0; i < actions_.size(); ++i) {
    if (!valid[i]) continue;
    const float score = unseen()[i] ? -std::numeric_limits<float>::infinity() : scores[i];
    if (best == BiluoActions::kNone || score > best_score) {
      best = static_cast<int>(i);
      best_score = score;
    }
  }
  return best;
}

void Ner::update(std::span<Example> examples, const UpdateOptions& options, Losses& losses) {
  losses[name()] += 0.0;
  require_weights();
  add_gold_labels(examples);
  Batch batch = make_batch(examples, draw_cut(options.rng));
  if (batch.runs.empty()) return;
  batch.valid.swap(valid_);
  batch.costs.swap(costs_);
  ParserPass& states = pass();
  states.begin(batch.docs, options.dropout, options.rng, holds_vectors());
  states.set_states(batch.rows(), options.dropout, options.rng);
  score_batch(states, batch);
  lower_unseen(batch.scored, unseen(), states.scores());
  d_scores_.reset(batch.rows(), actions_.size());
  const StateCosts costs{batch.costs.data(), batch.valid.data()};
  losses[name()] += cost_gradient(batch.scored, states.scores(), costs, d_scores_);
  mask_unseen(unseen(), d_scores_);
  mark_seen(batch.scored, costs, unseen());
  states.backward(d_scores_, losses);
  batch.valid.swap(valid_);
  batch.costs.swap(costs_);
  forget_decoder();
  if (options.optimizer != nullptr) options.optimizer->step(model());
}

double Ner::compare_with_teacher(const Ner& teacher, const Batch& batch, ParserPass& states,
                                 Matrix& d_scores) const {
  ParserPass judged(teacher.nodes(), teacher.input());
  judged.begin_fixed(batch.docs);
  judged.set_states(batch.rows(), 0.0, nullptr);
  std::copy_n(states.ids(0), batch.rows() * states.features(), judged.ids(0));
  judged.score(0, judged.states());
  std::vector<int> known;
  for (const BiluoAction& action : actions_.actions()) {
    known.push_back(teacher.actions_.find(action));
  }
  return teacher_gradient(batch.scored, known, states.scores(), judged.scores(), d_scores);
}

void Ner::rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                   const UpdateOptions& options, Losses& losses) {
  losses[name()] += 0.0;
  require_weights();
  const Ner& judge = same_kind_of_teacher<Ner>(teacher);
  Batch batch;
  size_t first = 0;
  for (const Doc& doc : docs) {
    batch.docs.push_back(&doc);
    Run run{BiluoState(doc.tokens()), first};
    run.first_row = first;
    run.max_states = run.state.length();
    first += doc.size();
    if (run.max_states > 0) batch.runs.push_back(std::move(run));
  }
  if (batch.runs.empty()) return;
  ParserPass& states = pass();
  states.begin(batch.docs, options.dropout, options.rng);
  states.set_states(batch.rows(), options.dropout, options.rng);
  score_batch(states, batch);
  lower_unseen(batch.scored, unseen(), states.scores());
  Matrix d_scores(batch.rows(), actions_.size());
  losses[name()] += compare_with_teacher(judge, batch, states, d_scores);
  mask_unseen(unseen(), d_scores);
  states.backward(d_scores, losses);
  forget_decoder();
  if (options.optimizer != nullptr) options.optimizer->step(model());
}

}  // namespace pawl

// Learning: one step on a batch of examples (spacy.pipeline.transition_parser), and one towards the
// scores of a teacher.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "math/ops.h"
#include "pipeline/ner/batch.h"
#include "pipeline/ner/loss.h"

namespace pawl {

namespace {

constexpr uint32_t kNoCut = std::numeric_limits<uint32_t>::max();

}  // namespace

ParserPass& Ner::pass() {
  if (!pass_) pass_ = std::make_unique<ParserPass>(ParserNodes(*tree_), *input_);
  return *pass_;
}

void Ner::add_gold_labels(std::span<const Example> examples) {
  bool added = false;
  for (const Example& example : examples) {
    if (!example.has_entities) continue;
    for (const Span& entity : example.entities) {
      if (actions_.find({BiluoMove::kBegin, entity.label}) != BiluoActions::kNone) continue;
      added = actions_.add_label(vocab_->strings().at(entity.label), vocab_->strings()) || added;
    }
  }
  if (added) grow_output();
}

uint32_t Ner::draw_cut(Rng* rng) const {
  const Json* setting = settings_.find("update_with_oracle_cut_size");
  const auto size = static_cast<uint32_t>(setting != nullptr ? setting->as_int() : 0);
  if (size == 0) return kNoCut;
  if (rng == nullptr) return size;
  const double low = size / 2;
  const double high = size * 2.0;
  return std::max(static_cast<uint32_t>(low + (high - low) * rng->uniform()), 1u);
}

Ner::Batch Ner::make_batch(std::span<const Example> examples, uint32_t cut) const {
  Batch batch;
  batch.golds.reserve(examples.size());
  std::vector<std::pair<const Example*, Run>> to_cut;
  size_t first = 0;
  for (const Example& example : examples) {
    const auto length = static_cast<uint32_t>(example.predicted.size());
    batch.docs.push_back(&example.predicted);
    if (has_gold(example, 0, length)) {
      batch.golds.push_back(biluo_gold(example));
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
    const bool known = start < end ? has_gold(example, start, end) : has_gold(example, 0, length);
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
  states.score_all();
  for (Run& run : batch.runs) score_run(states, run, batch);
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
      states.score(row);
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
    const float score = unseen_[i] ? -std::numeric_limits<float>::infinity() : scores[i];
    if (best == BiluoActions::kNone || score > best_score) {
      best = static_cast<int>(i);
      best_score = score;
    }
  }
  return best;
}

// spaCy gives unseen actions the least score of all states that are at the same step.
void Ner::lower_unseen(const Batch& batch, Matrix& scores) const {
  if (std::find(unseen_.begin(), unseen_.end(), 1) == unseen_.end()) return;
  const size_t n = actions_.size();
  std::vector<float> least;
  for (const Run& run : batch.runs) {
    least.resize(std::max<size_t>(least.size(), run.states), std::numeric_limits<float>::max());
    for (uint32_t i = 0; i < run.states; ++i) {
      const float* row = scores.row(run.first_row + i);
      least[i] = std::min(least[i], *std::min_element(row, row + n));
    }
  }
  for (const Run& run : batch.runs) {
    for (uint32_t i = 0; i < run.states; ++i) {
      for (size_t k = 0; k < n; ++k) {
        if (unseen_[k]) scores(run.first_row + i, k) = least[i];
      }
    }
  }
}

// The weighted sum of squared gradients, which is the loss spaCy reports.
double Ner::compute_gradient(const Batch& batch, const Matrix& scores, Matrix& d_scores) {
  const size_t n = actions_.size();
  std::vector<double> exponents;
  double loss = 0;
  d_scores.reset(scores.rows(), n);
  for (const Run& run : batch.runs) {
    for (uint32_t i = 0; i < run.states; ++i) {
      const size_t row = run.first_row + i;
      float* d = d_scores.row(row);
      biluo_loss(scores.row(row), batch.costs.data() + row * n, batch.valid.data() + row * n, n,
                 exponents, d);
      loss += run.weight * squared_norm(d, n);
      if (run.weight != 1.0f) scale(run.weight, d, n);
    }
  }
  return loss;
}

void Ner::mark_seen(const Batch& batch) {
  if (std::find(unseen_.begin(), unseen_.end(), 1) == unseen_.end()) return;
  const size_t n = actions_.size();
  for (const Run& run : batch.runs) {
    for (size_t row = run.first_row; row < run.first_row + run.states; ++row) {
      for (size_t k = 0; k < n; ++k) {
        if (batch.costs[row * n + k] <= 0) unseen_[k] = 0;
      }
    }
  }
}

void Ner::mask_unseen(const std::vector<uint8_t>& unseen, Matrix& d_scores) const {
  for (size_t k = 0; k < unseen.size(); ++k) {
    if (!unseen[k]) continue;
    for (size_t i = 0; i < d_scores.rows(); ++i) d_scores(i, k) = 0;
  }
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
  states.begin(batch.docs, options.dropout, options.rng);
  states.set_states(batch.rows(), options.dropout, options.rng);
  score_batch(states, batch);
  lower_unseen(batch, states.scores());
  losses[name()] += compute_gradient(batch, states.scores(), d_scores_);
  mask_unseen(unseen_, d_scores_);
  mark_seen(batch);
  states.backward(d_scores_, losses);
  batch.valid.swap(valid_);
  batch.costs.swap(costs_);
  decoder_.reset();
  if (options.optimizer != nullptr) options.optimizer->step(*tree_);
}

double Ner::compare_with_teacher(const Ner& teacher, DocRefs docs, const Batch& batch,
                                 ParserPass& states, Matrix& d_scores) const {
  ParserPass judged(ParserNodes(*teacher.tree_), *teacher.input_);
  judged.begin_fixed(docs);
  judged.set_states(batch.rows(), 0.0, nullptr);
  std::copy_n(states.ids(0), batch.rows() * states.features(), judged.ids(0));
  judged.score_all();
  std::vector<int> known;
  for (const BiluoAction& action : actions_.actions()) {
    known.push_back(teacher.actions_.find(action));
  }
  std::vector<size_t> at_step;
  for (const Run& run : batch.runs) {
    at_step.resize(std::max<size_t>(at_step.size(), run.states), 0);
    for (uint32_t i = 0; i < run.states; ++i) ++at_step[i];
  }
  double loss = 0;
  size_t states_seen = 0;
  for (const Run& run : batch.runs) {
    for (uint32_t i = 0; i < run.states; ++i, ++states_seen) {
      const size_t row = run.first_row + i;
      for (size_t k = 0; k < known.size(); ++k) {
        if (known[k] == BiluoActions::kNone) continue;
        const float target = judged.scores()(row, static_cast<size_t>(known[k]));
        const float d = (states.scores()(row, k) - target) / static_cast<float>(at_step[i]);
        d_scores(row, k) = d;
        loss += static_cast<double>(d) * d;
      }
    }
  }
  return states_seen == 0 ? 0.0 : loss / static_cast<double>(states_seen * known.size());
}

void Ner::rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                   const UpdateOptions& options, Losses& losses) {
  losses[name()] += 0.0;
  require_weights();
  const auto* judge = dynamic_cast<const Ner*>(&teacher);
  if (judge == nullptr) {
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "' cannot learn from '" +
                                              teacher.name() + "', which is no entity recogniser");
  }
  judge->require_weights();
  if (ParserNodes(*judge->tree_).features != ParserNodes(*tree_).features) {
    throw Error(ErrorKind::kInvalidInput,
                "component '" + name() +
                    "': the teacher's states have another number of tokens (extra_state_tokens)");
  }
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
  lower_unseen(batch, states.scores());
  Matrix d_scores(batch.rows(), actions_.size());
  losses[name()] += compare_with_teacher(*judge, batch.docs, batch, states, d_scores);
  mask_unseen(unseen_, d_scores);
  states.backward(d_scores, losses);
  decoder_.reset();
  if (options.optimizer != nullptr) options.optimizer->step(*tree_);
}

}  // namespace pawl

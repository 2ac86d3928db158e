// Learning: one step on a batch of examples (spacy.pipeline.transition_parser), and one towards the
// scores of a teacher.
#include <algorithm>

#include "pipeline/parser/parser.h"
#include "pipeline/transition/supervision.h"

namespace pawl {

// A document, or a piece of one: a state in the middle of the reference's actions.
struct DependencyParser::Run {
  ArcEagerState state;
  int32_t first_token = 0;             // of its document, in the batch
  const ArcEagerGold* gold = nullptr;  // null: nothing to learn from (rehearsal)
  float weight = 1.0f;
};

namespace {

// The words of each run's state, numbered over the batch, into rows from first_row on.
template <typename Runs>
void fill_states(const Runs& runs, size_t first_row, ParserPass& states) {
  for (size_t i = 0; i < runs.size(); ++i) {
    const std::span<int32_t> ids(states.ids(first_row + i), states.features());
    runs[i].state.features(ids);
    for (int32_t& id : ids) {
      if (id >= 0) id += runs[i].first_token;
    }
  }
}

template <typename Runs>
void drop_finished(Runs& runs) {
  std::erase_if(runs, [](const auto& run) { return run.state.is_final(); });
}

void set_valid(const ArcEagerState& state, std::span<const ArcEagerAction> actions,
               uint8_t* valid) {
  const uint32_t moves = state.valid_moves();
  for (size_t k = 0; k < actions.size(); ++k) {
    valid[k] = (moves >> static_cast<int>(actions[k].move)) & 1u;
    if (actions[k].label == kSubtoken && !state.may_be_subtoken()) valid[k] = 0;
  }
}

}  // namespace

std::vector<DependencyParser::Run> DependencyParser::make_runs(
    std::span<const Example> examples, uint32_t cut, std::vector<ArcEagerGold>& golds) const {
  std::vector<Run> runs;
  std::vector<std::pair<const Example*, Run>> to_cut;
  golds.reserve(examples.size());
  int32_t first_token = 0;
  for (const Example& example : examples) {
    const auto length = static_cast<int32_t>(example.predicted.size());
    if (length > 0 && has_gold_parse(example, 0, INT32_MAX)) {
      golds.push_back(arc_eager_gold(example, actions_, vocab().strings()));
      Run run{ArcEagerState(example.predicted.tokens()), first_token, &golds.back(),
              example.weight};
      if (static_cast<uint32_t>(length) < cut) {
        runs.push_back(std::move(run));
      } else {
        to_cut.emplace_back(&example, std::move(run));
      }
    }
    first_token += length;
  }
  for (auto& [example, run] : to_cut) cut_example(*example, cut, std::move(run), runs);
  return runs;
}

// Pieces of `cut` actions, each begun in the state to which the reference's actions lead.
void DependencyParser::cut_example(const Example& example, uint32_t cut, Run whole,
                                   std::vector<Run>& runs) const {
  const std::vector<ArcEagerAction> actions = actions_.actions();
  const std::vector<int> oracle = oracle_sequence(whole.state, *whole.gold, actions);
  for (size_t i = 0; i < oracle.size(); i += cut) {
    Run piece = whole;
    for (size_t k = i; k < std::min(oracle.size(), i + cut); ++k) {
      whole.state.apply(actions[static_cast<size_t>(oracle[k])]);
    }
    // Borders behind the last word count from the end, as in spaCy.
    if (has_gold_parse(example, piece.state.buffer(0), whole.state.buffer(0))) {
      runs.push_back(std::move(piece));
    }
  }
}

int DependencyParser::best_action(const float* scores, const uint8_t* valid) const {
  int best = ArcEagerActions::kNone;
  for (size_t k = 0; k < actions_.size(); ++k) {
    if (!valid[k]) continue;
    if (best == ArcEagerActions::kNone || scores[k] > scores[best]) best = static_cast<int>(k);
  }
  return best;
}

// Scores the runs' states, in rows from first_row on, and takes the best action in each; returns
// the loss, the gradients in d_scores_.
double DependencyParser::learn_step(uint32_t step, std::span<Run> runs,
                                    std::span<const ArcEagerAction> actions, ParserPass& states) {
  const size_t n = actions.size();
  const size_t first_row = states.states() - runs.size();
  std::vector<ScoredState> scored;
  valid_.resize(runs.size() * n);
  costs_.resize(runs.size() * n);
  for (size_t i = 0; i < runs.size(); ++i) {
    scored.push_back({first_row + i, step, runs[i].weight});
    set_costs(runs[i].state, *runs[i].gold, actions, valid_.data() + i * n, costs_.data() + i * n);
  }
  lower_unseen(scored, unseen_before_, states.scores());
  d_scores_.grow(states.states(), n);
  const StateCosts costs{costs_.data(), valid_.data(), first_row};
  const double loss = cost_gradient(scored, states.scores(), costs, d_scores_);
  mark_seen(scored, costs, unseen());
  for (size_t i = 0; i < runs.size(); ++i) {
    const int action = best_action(states.scores().row(first_row + i), valid_.data() + i * n);
    if (action == ArcEagerActions::kNone) {
      runs[i].state.force_final();
    } else {
      runs[i].state.apply(actions[static_cast<size_t>(action)]);
    }
  }
  return loss;
}

void DependencyParser::update(std::span<Example> examples, const UpdateOptions& options,
                              Losses& losses) {
  losses[name()] += 0.0;
  require_weights();
  const uint32_t cut = draw_cut(options.rng);
  std::vector<ArcEagerGold> golds;
  std::vector<Run> runs = make_runs(examples, cut, golds);
  drop_finished(runs);
  if (runs.empty()) return;
  std::vector<const Doc*> docs;
  for (const Example& example : examples) docs.push_back(&example.predicted);
  const std::vector<ArcEagerAction> actions = actions_.actions();
  unseen_before_ = unseen();
  ParserPass& states = pass();
  states.begin(docs, options.dropout, options.rng);
  states.set_states(0, options.dropout, options.rng);
  d_scores_.resize(0, 0);
  for (uint32_t step = 0; !runs.empty() && (cut == kNoCut || step <= cut); ++step) {
    const size_t first_row = states.states();
    states.add_states(runs.size(), options.dropout, options.rng);
    fill_states(runs, first_row, states);
    states.score(first_row, runs.size());
    losses[name()] += learn_step(step, runs, actions, states);
    drop_finished(runs);
  }
  mask_unseen(unseen_before_, d_scores_);
  states.backward(d_scores_, losses);
  forget_decoder();
  if (options.optimizer != nullptr) options.optimizer->step(model());
}

void DependencyParser::follow(std::vector<Run> runs, ParserPass& states,
                              std::vector<ScoredState>& scored) const {
  const std::vector<ArcEagerAction> actions = actions_.actions();
  std::vector<uint8_t> valid(actions.size());
  for (uint32_t step = 0; !runs.empty(); ++step) {
    const size_t first_row = states.states();
    states.add_states(runs.size(), 0.0, nullptr);
    fill_states(runs, first_row, states);
    states.score(first_row, runs.size());
    const size_t before = scored.size();
    for (size_t i = 0; i < runs.size(); ++i) scored.push_back({first_row + i, step});
    lower_unseen(std::span(scored).subspan(before), unseen(), states.scores());
    for (size_t i = 0; i < runs.size(); ++i) {
      set_valid(runs[i].state, actions, valid.data());
      const int action = best_action(states.scores().row(first_row + i), valid.data());
      if (action == ArcEagerActions::kNone) {
        runs[i].state.force_final();
      } else {
        runs[i].state.apply(actions[static_cast<size_t>(action)]);
      }
    }
    drop_finished(runs);
  }
}

void DependencyParser::rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                                const UpdateOptions& options, Losses& losses) {
  losses[name()] += 0.0;
  require_weights();
  const auto& judge = same_kind_of_teacher<DependencyParser>(teacher);
  std::vector<const Doc*> refs;
  std::vector<Run> runs;
  int32_t first_token = 0;
  for (const Doc& doc : docs) {
    refs.push_back(&doc);
    runs.push_back({ArcEagerState(doc.tokens()), first_token});
    first_token += static_cast<int32_t>(doc.size());
  }
  drop_finished(runs);
  if (runs.empty()) return;
  ParserPass& states = pass();
  states.begin(refs, options.dropout, options.rng);
  states.set_states(0, 0.0, nullptr);
  std::vector<ScoredState> scored;
  follow(std::move(runs), states, scored);
  ParserPass judged(judge.nodes(), judge.input());
  judged.begin_fixed(refs);
  judged.set_states(states.states(), 0.0, nullptr);
  std::copy_n(states.ids(0), states.states() * states.features(), judged.ids(0));
  judged.score(0, judged.states());
  std::vector<int> known;
  for (const ArcEagerAction& action : actions_.actions()) {
    known.push_back(judge.actions_.find(action));
  }
  Matrix d_scores(states.states(), actions_.size());
  losses[name()] += teacher_gradient(scored, known, states.scores(), judged.scores(), d_scores);
  mask_unseen(unseen(), d_scores);
  states.backward(d_scores, losses);
  forget_decoder();
  if (options.optimizer != nullptr) options.optimizer->step(model());
}

}  // namespace pawl

#include "pipeline/parser/decoder.h"

#include <algorithm>
#include <array>
#include <limits>

#include "pipeline/parser/annotate.h"
#include "pipeline/parser/projectivity.h"

namespace pawl {

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr size_t kMaxFeatures = 13;

bool has_move(uint32_t moves, ArcEagerMove move) {
  return (moves >> static_cast<int>(move)) & 1u;
}

}  // namespace

ArcEagerDecoder::ArcEagerDecoder(const ArcEagerActions& actions, const std::vector<uint8_t>& unseen,
                                 StringId root, bool decorated, const ParserNodes& nodes)
    : actions_(actions.actions()),
      unseen_(unseen),
      root_(root),
      decorated_(decorated),
      vectors_(nodes),
      has_upper_(nodes.upper != nullptr) {
  unseen_.resize(actions_.size(), 0);
  find_groups();
  if (!has_upper_) return;
  upper_ = PackedMatrix(
      ConstMatrixView(nodes.upper->param("W").value.data(), nodes.classes, nodes.hidden));
  upper_bias_ = nodes.upper->param("b").value;
}

void ArcEagerDecoder::find_groups() {
  for (uint32_t i = 0; i < actions_.size(); ++i) {
    const bool is_plain = !unseen_[i] && actions_[i].label != kSubtoken;
    const bool continues = !groups_.empty() && groups_.back().move == actions_[i].move &&
                           groups_.back().is_plain == is_plain;
    if (continues) {
      groups_.back().last = i + 1;
    } else {
      groups_.push_back({actions_[i].move, i, i + 1, is_plain});
    }
    counts_[static_cast<size_t>(actions_[i].move)] += 1;
    only_[static_cast<size_t>(actions_[i].move)] = static_cast<int>(i);
  }
}

// The action that is taken whatever the scores, or kNone.
int ArcEagerDecoder::forced_action(uint32_t moves) const {
  int forced = ArcEagerActions::kNone;
  for (int move = 0; move < kArcEagerMoves; ++move) {
    if (!((moves >> move) & 1u)) continue;
    const auto i = static_cast<size_t>(move);
    if (counts_[i] > 1 || (counts_[i] == 1 && forced != ArcEagerActions::kNone)) {
      return ArcEagerActions::kNone;
    }
    if (counts_[i] == 1) forced = only_[i];
  }
  return forced;
}

bool ArcEagerDecoder::is_blocked(uint32_t klass, const ArcEagerState& state) const {
  return actions_[klass].label == kSubtoken && !state.may_be_subtoken();
}

ArcEagerDecoder::Choice ArcEagerDecoder::choose(const ArcEagerState& state, uint32_t moves,
                                                const float* scores) const {
  Choice best{ArcEagerActions::kNone, -kInfinity};
  for (const Group& group : groups_) {
    if (!has_move(moves, group.move)) continue;
    for (uint32_t k = group.first; k < group.last; ++k) {
      if (!group.is_plain && is_blocked(k, state)) continue;
      const float score = unseen_[k] ? -kInfinity : scores[k];
      if (best.action != ArcEagerActions::kNone && !(score > best.score)) continue;
      best = {static_cast<int>(k), score};
    }
  }
  return best;
}

float ArcEagerDecoder::runner_up(const ArcEagerState& state, uint32_t moves, const float* scores,
                                 int best) const {
  float second = -kInfinity;
  for (uint32_t k = 0; k < actions_.size(); ++k) {
    if (static_cast<int>(k) == best || !has_move(moves, actions_[k].move)) continue;
    if (unseen_[k] || is_blocked(k, state)) continue;
    second = std::max(second, scores[k]);
  }
  return second;
}

// Takes the actions for which no scores are needed. Returns false at the end of the document.
bool ArcEagerDecoder::advance(ArcEagerState& state, std::vector<float>* margins) const {
  while (!state.is_final()) {
    const int forced = forced_action(state.valid_moves());
    if (forced == ArcEagerActions::kNone) return true;
    if (margins != nullptr) margins->push_back(kInfinity);
    state.apply(actions_[static_cast<size_t>(forced)]);
  }
  return false;
}

void ArcEagerDecoder::score(Buffers& buffers) const {
  const size_t n = buffers.running.size();
  buffers.hidden.resize(n, vectors_.hidden());
  std::array<int32_t, kMaxFeatures> tokens;
  const std::span<int32_t> ids(tokens.data(), vectors_.features());
  for (size_t i = 0; i < n; ++i) {
    const Running& running = buffers.running[i];
    buffers.states[running.doc].features(ids);
    for (int32_t& id : ids) {
      if (id >= 0) id += running.first_token;
    }
    vectors_.compute(ids, buffers.vectors, buffers.hidden.row(i));
  }
  if (!has_upper_) {
    std::swap(buffers.scores, buffers.hidden);
    return;
  }
  buffers.scores.resize(n, upper_.rows());
  gemm(buffers.hidden, upper_, upper_bias_.data(), buffers.scores, false);
}

void ArcEagerDecoder::step(Buffers& buffers, std::vector<float>* margins) const {
  score(buffers);
  size_t kept = 0;
  for (size_t i = 0; i < buffers.running.size(); ++i) {
    ArcEagerState& state = buffers.states[buffers.running[i].doc];
    const uint32_t moves = state.valid_moves();
    const float* scores = buffers.scores.row(i);
    const Choice choice = choose(state, moves, scores);
    if (choice.action == ArcEagerActions::kNone) {
      state.force_final();
      continue;
    }
    if (margins != nullptr) {
      margins->push_back(choice.score - runner_up(state, moves, scores, choice.action));
    }
    state.apply(actions_[static_cast<size_t>(choice.action)]);
    if (advance(state, margins)) buffers.running[kept++] = buffers.running[i];
  }
  buffers.running.resize(kept);
}

void ArcEagerDecoder::run(std::span<const Doc> docs, const TokenVectors& tokens, Buffers& buffers,
                          std::vector<float>* margins) const {
  vectors_.begin(tokens, buffers.vectors);
  if (buffers.states.size() < docs.size()) buffers.states.resize(docs.size());
  buffers.running.clear();
  size_t first_token = 0;
  for (size_t i = 0; i < docs.size(); ++i) {
    buffers.states[i].begin(docs[i].tokens());
    if (advance(buffers.states[i], margins)) {
      buffers.running.push_back({i, static_cast<int32_t>(first_token)});
    }
    first_token += docs[i].size();
  }
  while (!buffers.running.empty()) step(buffers, margins);
  StateVectors::finish(buffers.vectors);
}

void ArcEagerDecoder::decode(std::span<Doc> docs, const TokenVectors& tokens) const {
  thread_local Buffers buffers;
  run(docs, tokens, buffers, nullptr);
  for (size_t i = 0; i < docs.size(); ++i) {
    set_parse(buffers.states[i], root_, docs[i]);
    if (decorated_) deprojectivize(docs[i]);
  }
}

std::vector<float> ArcEagerDecoder::margins(const Doc& doc, const TokenVectors& tokens) const {
  Buffers buffers;
  std::vector<float> out;
  run({&doc, 1}, tokens, buffers, &out);
  return out;
}

}  // namespace pawl

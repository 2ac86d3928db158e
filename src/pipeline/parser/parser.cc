#include "pipeline/parser/parser.h"

#include <algorithm>
#include <map>

namespace pawl {

namespace {

constexpr TransitionKind kKind = {
    .factory = "parser", .state_type = "parser", .min_action_freq = 30};

constexpr const char* kRoot = "ROOT";

using Frequencies = std::map<std::string, int64_t>;

bool is_root(const std::string& label) {
  return label.size() == 4 && std::equal(label.begin(), label.end(), kRoot,
                                         [](char a, char b) { return (a & ~0x20) == b; });
}

class ActionCounts {
 public:
  ActionCounts() {
    of(ArcEagerMove::kShift)[""] = 1;
    of(ArcEagerMove::kReduce)[""] = 1;
  }

  void count(const LabelledTree& tree, const StringStore& strings) {
    for (size_t i = 0; i < tree.heads.size(); ++i) {
      const auto child = static_cast<int32_t>(i);
      const std::string given = tree.labels[i] == 0 ? "" : strings.at(tree.labels[i]);
      const std::string label = is_root(given) ? kRoot : given;
      if (tree.heads[i] == child) {
        ++of(ArcEagerMove::kBreak)[label];
      } else if (tree.heads[i] < child) {
        ++of(ArcEagerMove::kRight)[label];
        ++of(ArcEagerMove::kReduce)[""];
      } else {
        ++of(ArcEagerMove::kLeft)[label];
        ++of(ArcEagerMove::kShift)[""];
      }
    }
  }

  void drop_rare(int64_t least) {
    for (Frequencies& labels : counts_) {
      std::erase_if(labels, [&](const auto& entry) { return entry.second < least; });
    }
  }

  // What the parser cannot do without.
  void complete() {
    of(ArcEagerMove::kBreak).emplace(kRoot, 0);
    of(ArcEagerMove::kRight).emplace("dep", 0);
    of(ArcEagerMove::kLeft).emplace("dep", 0);
  }

  void add_missing(const TransitionTable::Table& table) {
    for (const auto& [move, labels] : table) {
      for (const auto& [label, count] : labels) {
        counts_[static_cast<size_t>(move)].emplace(label, count);
      }
    }
  }

  TransitionTable::Table table() const {
    TransitionTable::Table out;
    for (int move = 0; move < kArcEagerMoves; ++move) {
      const Frequencies& labels = counts_[static_cast<size_t>(move)];
      out[move].assign(labels.begin(), labels.end());
    }
    return out;
  }

 private:
  Frequencies& of(ArcEagerMove move) { return counts_[static_cast<size_t>(move)]; }

  std::array<Frequencies, kArcEagerMoves> counts_;
};

bool is_decorated(const TransitionTable& table) {
  for (const auto& [move, labels] : table.table()) {
    for (const auto& [label, count] : labels) {
      if (label.find(kDecoration) != std::string::npos) return true;
    }
  }
  return false;
}

}  // namespace

DependencyParser::DependencyParser(const std::string& name, const Json& config,
                                   std::shared_ptr<Vocab> vocab)
    : TransitionComponent(name, kKind, config, std::move(vocab)) {}

std::shared_ptr<const ArcEagerDecoder> DependencyParser::make_own_decoder() const {
  return std::make_shared<ArcEagerDecoder>(actions_, unseen(), vocab().strings().add(kRoot),
                                           is_decorated(actions_), nodes());
}

std::shared_ptr<const TransitionDecoder> DependencyParser::make_decoder() const {
  return make_own_decoder();
}

std::vector<float> DependencyParser::margins(const Doc& doc) const {
  require_weights();
  const std::vector<const Doc*> refs = {&doc};
  Matrix tokens;
  input().predict(refs, tokens);
  return make_own_decoder()->margins(doc, tokens);
}

std::unique_ptr<Component> DependencyParser::clone(std::shared_ptr<Vocab> vocab) const {
  auto copy = std::make_unique<DependencyParser>(name(), config(), std::move(vocab));
  copy_state_to(*copy);
  return copy;
}

void DependencyParser::count_actions(std::span<const Example> examples) {
  ActionCounts counts;
  for (const Example& example : examples) {
    if (!example.reference) continue;
    counts.count(projective_reference(*example.reference, vocab().strings()), vocab().strings());
  }
  counts.drop_rare(settings().at("min_action_freq").as_int());
  counts.complete();
  counts.add_missing(actions_.table());
  actions_.initialize(counts.table(), vocab().strings());
}

void DependencyParser::initialize(std::span<const Example> examples, Rng& rng, Progress&) {
  if (!has_label_data()) count_actions(examples);
  start_anew();
  draw_weights(rng);
}

std::unique_ptr<Component> make_parser(const std::string& name, const Json& config,
                                       std::shared_ptr<Vocab> vocab) {
  return std::make_unique<DependencyParser>(name, config, std::move(vocab));
}

}  // namespace pawl

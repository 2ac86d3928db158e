#include "learn/data/curate.h"

#include <algorithm>
#include <optional>

#include "learn/evidence/posterior.h"

namespace pawl::learn {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (!contains(list, item)) list.push_back(item);
}

bool is_operators(const std::optional<LabeledExample>& known) {
  return known && known->source == "examples";
}

// Spans count on the spelling they were given for: the last one that has any stands for the text.
const JudgedTurn& standing_turn(const TextGroup& group) {
  const JudgedTurn* standing = &group.turns.front();
  for (const JudgedTurn& turn : group.turns) {
    for (const Statement& s : turn.statements) {
      const auto head = head_of(s.head);
      if (s.source != "self" && head && (*head)->kind == HeadKind::kSpans) standing = &turn;
    }
  }
  return *standing;
}

std::string text_of(const TextGroup& group) {
  return is_operators(group.known) ? group.known->text : standing_turn(group).text;
}

class Curator {
 public:
  Curator(std::span<const TextGroup> groups, const Language& live,
          const std::map<std::string, Split>& splits, const CurateOptions& options)
      : groups_(groups),
        splits_(splits),
        options_(options),
        budget_(options.defence.max_examples_per_author) {
    std::vector<std::string> texts;
    for (const TextGroup& group : groups) texts.push_back(text_of(group));
    docs_ = live.pipe(texts);
    calibrate();
    result_.bursts = find_bursts(groups, options.defence, options.trust);
    for (const Burst& burst : result_.bursts) bursting_.insert(burst.author);
  }

  Curated run() {
    for (size_t i = 0; i < groups_.size(); ++i) take(i);
    return std::move(result_);
  }

 private:
  // How sure the live heads are, made to agree with how often they are right.
  void calibrate() {
    for (const Head head : all_heads()) {
      if (head->kind != HeadKind::kLabel) continue;
      std::vector<Scores> all;
      for (const Doc& doc : docs_) {
        Scores scores = label_scores(doc, head);
        if (!scores.empty()) all.push_back(std::move(scores));
      }
      temperatures_[head] = fit_temperature(all, trust_of(head).model_accuracy);
    }
  }

  Trust trust_of(Head head) const {
    Trust trust = options_.trust;
    const auto measured = options_.model_accuracy.find(head);
    if (measured != options_.model_accuracy.end()) trust.model_accuracy = measured->second;
    return trust;
  }

  void take(size_t i) {
    const TextGroup& group = groups_[i];
    result_.left_out["duplicate"] += group.turns.size() - 1;
    if (result_.examples.size() >= options_.max_examples) {
      ++result_.left_out["cycle_cap"];
      result_.waiting.push_back(group.key);
      return;
    }
    const std::set<std::string> silent = silenced(group);
    count_named(group, silent);
    std::set<std::string> speakers;
    LabeledExample example = labelled(i, silent, speakers);
    if (example.heads.empty()) return refuse(group, silent);
    if (group.known && example.heads == group.known->heads && example.text == group.known->text &&
        example.authors == group.known->authors) {
      ++result_.left_out["unchanged"];
      return;
    }
    for (const std::string& author : speakers) {
      if (is_new(group, author)) budget_.spend(author);
    }
    result_.examples.push_back(std::move(example));
  }

  static bool is_new(const TextGroup& group, const std::string& author) {
    return !group.known || !contains(group.known->authors, author);
  }

  // Authors of whom nothing new counts here.
  std::set<std::string> silenced(const TextGroup& group) const {
    std::set<std::string> silent;
    for (const JudgedTurn& turn : group.turns) {
      for (const Statement& s : turn.statements) {
        if (bursting_.contains(s.author) || (is_new(group, s.author) && budget_.spent(s.author)))
          silent.insert(s.author);
      }
    }
    return silent;
  }

  void refuse(const TextGroup& group, const std::set<std::string>& silent) {
    const bool burst = std::any_of(silent.begin(), silent.end(),
                                   [&](const auto& author) { return bursting_.contains(author); });
    ++result_.left_out[burst ? "burst" : silent.empty() ? "uncertain" : "user_cap"];
    if (group.known && silent.empty()) result_.retracted.push_back(group.key);
  }

  // How many of those who were misunderstood named the right label.
  void count_named(const TextGroup& group, const std::set<std::string>& silent) {
    for (const Head head : all_heads()) {
      if (!head->answers) continue;
      for (const JudgedTurn& turn : group.turns) {
        const JudgedTurn* only = &turn;
        bool named = false, blamed = false;
        for (const Voice& voice : heard({&only, 1}, head, options_.trust, silent)) {
          named |= named_by(voice, head).has_value();
          blamed |= only_blames(voice, head, options_.trust);
        }
        result_.named += named;
        result_.unnamed += blamed && !named;
      }
    }
  }

  LabeledExample labelled(size_t i, const std::set<std::string>& silent,
                          std::set<std::string>& speakers) const {
    const TextGroup& group = groups_[i];
    const JudgedTurn& standing = standing_turn(group);
    LabeledExample example;
    if (is_operators(group.known)) example = *group.known;
    example.text = text_of(group);
    example.key = group.key;
    if (!group.known) example.split = split_of(group);
    if (group.known) example.split = group.known->split;
    example.version = group.known ? group.known->version + 1 : 1;
    if (example.turn_id.empty()) {
      example.turn_id = standing.turn_id;
      example.conversation_id = standing.conversation_id;
      example.user_id = standing.user_id;
    }
    example.cycle_id.clear();
    for (const Head head : all_heads()) believe(i, head, silent, example, speakers);
    if (!is_operators(group.known)) example.source = strongest_source(group, example);
    for (const std::string& author : speakers) add_once(example.authors, author);
    for (const JudgedTurn& turn : group.turns) add_once(example.authors, turn.user_id);
    return example;
  }

  // Fills in what the evidence says with enough certainty.
  void believe(size_t i, Head head, const std::set<std::string>& silent, LabeledExample& example,
               std::set<std::string>& speakers) const {
    if (example.knows(head)) return;
    const TextGroup& group = groups_[i];
    std::vector<const JudgedTurn*> turns;
    for (const JudgedTurn& turn : group.turns) {
      if (head->kind == HeadKind::kLabel || turn.text == example.text) turns.push_back(&turn);
    }
    const Trust trust = trust_of(head);
    const std::vector<Voice> voices = heard(turns, head, trust, silent);
    if (voices.empty()) return;
    const bool labels = head->kind == HeadKind::kLabel;
    const Belief belief =
        labels ? believe_label(head,
                               at_temperature(label_scores(docs_[i], head), temperatures_.at(head)),
                               voices, trust)
               : believe_spans(head, voices, trust);
    if (!belief.supported() || (labels && belief.probability < options_.quality_threshold)) return;
    Annotation annotation;
    annotation.weight = belief.probability;
    annotation.support = belief.support;
    if (labels)
      annotation.label = belief.label;
    else
      annotation.spans = parse_spans(belief.label);
    annotation.set_aside = stays_aside(group, head, belief);
    example.heads[head] = std::move(annotation);
    speakers.insert(belief.authors.begin(), belief.authors.end());
  }

  static bool stays_aside(const TextGroup& group, Head head, const Belief& belief) {
    if (!group.known || !group.known->knows(head) || !group.known->heads.at(head).set_aside)
      return false;
    return std::all_of(belief.support.begin(), belief.support.end(),
                       [&](const auto& author) { return contains(group.known->authors, author); });
  }

  static std::string strongest_source(const TextGroup& group, const LabeledExample& example) {
    std::string strongest = "rating";
    for (const JudgedTurn& turn : group.turns) {
      for (const Statement& s : turn.statements) {
        const auto head = head_of(s.head);
        if (!head || !example.knows(*head) || !contains(example.heads.at(*head).support, s.author))
          continue;
        if (s.source == "review") return "review";
        if (s.source == "correction") strongest = "correction";
      }
    }
    return strongest;
  }

  Split split_of(const TextGroup& group) const {
    const auto found = splits_.find(group_key(group.turns.front().text));
    return found != splits_.end()
               ? found->second
               : assign_split(group.turns.front().conversation_id, options_.validation_split);
  }

  std::span<const TextGroup> groups_;
  const std::map<std::string, Split>& splits_;
  const CurateOptions& options_;
  std::vector<Doc> docs_;  // of the groups' texts, as the live model sees them
  std::map<Head, double> temperatures_;
  std::set<std::string> bursting_;
  AuthorBudget budget_;
  Curated result_;
};

}  // namespace

Curated curate(std::span<const TextGroup> groups, const Language& live,
               const std::map<std::string, Split>& splits, const CurateOptions& options) {
  return Curator(groups, live, splits, options).run();
}

}  // namespace pawl::learn

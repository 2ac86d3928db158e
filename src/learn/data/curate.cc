#include "learn/data/curate.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "learn/data/joint_evidence.h"

namespace pawl::learn {
namespace {

// Statements that an author's record holds at most.
constexpr double kLongestRecord = 60;
// Beliefs are kept in steps, so that the order in which texts were looked at makes no new version.
constexpr double kWeightSteps = 1e4;
// Labels of a distribution that an account tells.
constexpr size_t kToldLabels = 5;
// Held-out examples that what a head says of itself counts as much as.
constexpr double kClaimedCount = 10;

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
  Curator(std::span<const TextGroup> groups, const LiveView& live,
          const std::map<std::string, Split>& splits, const CurateOptions& options,
          const CurationMemory& memory)
      : groups_(groups),
        splits_(splits),
        options_(options),
        memory_(memory),
        budget_(options.defence.max_examples_per_author) {
    result_.bursts = find_bursts(groups, options.defence, options.trust);
    for (const Burst& burst : result_.bursts) bursting_.insert(burst.author);
    for (const Head head : all_heads()) {
      if (head->kind == HeadKind::kLabel) judge(head, live);
    }
  }

  Curated run() {
    for (size_t i = 0; i < groups_.size(); ++i) take(i);
    let_wait();
    note_open();
    return std::move(result_);
  }

 private:
  // Beliefs about all texts of which somebody said something for this head.
  void judge(Head head, const LiveView& live) {
    Judged& judged = judged_[head];
    const auto scores = live.scores.find(head);
    std::vector<Scores> answered;
    if (scores != live.scores.end()) {
      std::copy_if(scores->second.begin(), scores->second.end(), std::back_inserter(answered),
                   [](const Scores& one) { return !one.empty(); });
    }
    const Trust trust = trust_of(head, answered);
    std::vector<JudgedText> texts;
    for (size_t i = 0; i < groups_.size(); ++i) {
      std::vector<const JudgedTurn*> turns;
      for (const JudgedTurn& turn : groups_[i].turns) turns.push_back(&turn);
      std::vector<Voice> voices = heard(turns, head, trust, bursting_);
      if (voices.empty()) continue;
      judged.places.emplace(i, texts.size());
      texts.push_back(
          {scores == live.scores.end() ? Scores() : scores->second[i], std::move(voices)});
    }
    // How sure the live head is, made to agree with how often it is right.
    const double temperature = fit_temperature(answered, trust.model_accuracy);
    for (JudgedText& text : texts)
      text.scores = at_temperature(std::move(text.scores), temperature);
    std::vector<const TextGroup*> groups;
    for (const auto& [group, place] : judged.places) groups.push_back(&groups_[group]);
    JointEvidence evidence = joint_evidence(head, groups, std::move(texts), memory_, trust);
    evidence.trusting = options_.defence.min_label_authors <= 1;
    judged.beliefs = std::make_unique<JointBeliefs>(std::move(evidence));
  }

  Trust trust_of(Head head, const std::vector<Scores>& answered) const {
    Trust trust = options_.trust;
    const auto measured = options_.held_out.find(head);
    const HeldOutRight seen =
        measured == options_.held_out.end() ? HeldOutRight{} : measured->second;
    const double claimed = std::min(trust.model_accuracy, mean_confidence(answered));
    trust.model_accuracy = (seen.right + kClaimedCount * claimed) / (seen.count + kClaimedCount);
    return trust;
  }

  void take(size_t i) {
    const TextGroup& group = groups_[i];
    result_.left_out["duplicate"] += group.turns.size() - 1;
    const std::set<std::string> silent = silenced(group);
    TextAccount& account = result_.accounts.emplace_back(begin_account(group, silent));
    if (result_.examples.size() >= options_.max_examples) {
      ++result_.left_out[account.outcome = "cycle_cap"];
      result_.waiting.push_back(group.key);
      return;
    }
    std::set<std::string> speakers;
    LabeledExample example = labelled(i, silent, speakers, account);
    if (example.heads.empty()) return refuse(i, silent, account);
    learn_authors(i);
    learn_signals(i, account, silent);
    if (group.known && example.heads == group.known->heads && example.text == group.known->text &&
        example.authors == group.known->authors) {
      ++result_.left_out[account.outcome = "unchanged"];
      return;
    }
    account.outcome = "example";
    if (!group.known) (is_labelled(example) ? result_.named : result_.unnamed) += misunderstood(i);
    const std::set<std::string> operators = operators_of(group);
    for (const std::string& author : speakers) {
      if (is_new(group, author) && !operators.contains(author)) budget_.spend(author);
    }
    result_.examples.push_back(std::move(example));
  }

  static std::set<std::string> operators_of(const TextGroup& group) {
    std::set<std::string> operators;
    for (const JudgedTurn& turn : group.turns) {
      for (const Statement& s : turn.statements) {
        if (s.source == "review") operators.insert(s.author);
      }
    }
    return operators;
  }

  static bool is_new(const TextGroup& group, const std::string& author) {
    return !group.known || !contains(group.known->authors, author);
  }

  // Authors of whom nothing new counts here.
  std::set<std::string> silenced(const TextGroup& group) const {
    std::set<std::string> silent;
    for (const JudgedTurn& turn : group.turns) {
      for (const Statement& s : turn.statements) {
        // A teacher has a budget of its own: its calls.
        if (s.source == "teacher") continue;
        if (bursting_.contains(s.author) || (is_new(group, s.author) && budget_.spent(s.author)))
          silent.insert(s.author);
      }
    }
    return silent;
  }

  TextAccount begin_account(const TextGroup& group, const std::set<std::string>& silent) const {
    TextAccount account;
    account.key = group.key;
    account.threshold = options_.quality_threshold;
    for (const std::string& author : silent)
      account.unheard.push_back({author, bursting_.contains(author) ? "burst" : "user_cap"});
    return account;
  }

  void refuse(size_t i, const std::set<std::string>& silent, TextAccount& account) {
    const TextGroup& group = groups_[i];
    const bool burst = std::any_of(silent.begin(), silent.end(),
                                   [&](const auto& author) { return bursting_.contains(author); });
    account.outcome = burst ? "burst" : silent.empty() ? "uncertain" : "user_cap";
    ++result_.left_out[account.outcome];
    if (group.known && silent.empty()) result_.retracted.push_back(group.key);
    if (silent.empty() && is_named(group)) {
      unsettled_.push_back(i);
      return;
    }
    if (!group.known && silent.empty()) result_.unnamed += misunderstood(i);
    if (!burst) learn_authors(i);
  }

  // A label that nobody knows yet, or that a stranger named: later evidence may speak for it. The
  // newest wait, so that a cycle's cost stays that of its own data.
  void let_wait() {
    std::stable_sort(unsettled_.begin(), unsettled_.end(), [&](size_t a, size_t b) {
      return last_word(groups_[a]) > last_word(groups_[b]);
    });
    for (size_t k = 0; k < unsettled_.size(); ++k) {
      const size_t i = unsettled_[k];
      if (k < options_.max_waiting) {
        result_.waiting.push_back(groups_[i].key);
        add_open(i);
        continue;
      }
      if (!groups_[i].known) result_.unnamed += misunderstood(i);
      learn_authors(i);
    }
  }

  // What is taken of an author held up, so that what is not must count, too: see Reputation::open.
  void add_open(size_t i) {
    for (const auto& [head, judged] : judged_) {
      const auto place = judged.places.find(i);
      if (place == judged.places.end()) continue;
      for (const auto& [author, added] : judged.beliefs->records(place->second)) {
        const double decided = std::abs(added.named.right - added.named.wrong);
        open_[author].right += decided * added.named.right;
        open_[author].wrong += decided * added.named.wrong;
      }
    }
  }

  // What waits of everybody who said something about the texts that were looked at.
  void note_open() {
    std::set<std::string> authors;
    for (const TextGroup& group : groups_) {
      for (const JudgedTurn& turn : group.turns) {
        for (const Statement& s : turn.statements) {
          if (!said_by_model(s.source)) authors.insert(s.author);
        }
      }
    }
    for (const std::string& author : authors) {
      const auto waits = open_.find(author);
      const Record open = waits == open_.end() ? Record() : waits->second;
      const auto known = memory_.reputations.find(author);
      const Record before = known == memory_.reputations.end() ? Record() : known->second.open;
      if (open != before) reputation_now(author).open = open;
    }
  }

  // As it will be kept.
  Reputation& reputation_now(const std::string& author) {
    const auto known = memory_.reputations.find(author);
    return result_.reputations
        .try_emplace(author, known == memory_.reputations.end() ? Reputation() : known->second)
        .first->second;
  }

  static int64_t last_word(const TextGroup& group) {
    int64_t last = 0;
    for (const JudgedTurn& turn : group.turns) {
      for (const Statement& s : turn.statements) last = std::max(last, s.at);
    }
    return last;
  }

  static bool is_named(const TextGroup& group) {
    return std::any_of(group.turns.begin(), group.turns.end(), [](const JudgedTurn& turn) {
      return std::any_of(turn.statements.begin(), turn.statements.end(), [](const Statement& s) {
        const auto head = head_of(s.head);
        return s.source != "self" && head && (*head)->kind == HeadKind::kLabel;
      });
    });
  }

  // What this text says of those who spoke about it goes into their records, once.
  void learn_authors(size_t i) {
    for (const auto& [head, judged] : judged_) {
      const auto place = judged.places.find(i);
      if (place == judged.places.end()) continue;
      for (const auto& [author, added] : judged.beliefs->records(place->second)) {
        if (!is_new(groups_[i], author)) continue;
        Reputation& now = reputation_now(author);
        add(now.named, added.named);
        add(now.judged, added.judged);
      }
    }
  }

  // What users showed about turns of which they also said something.
  void learn_signals(size_t i, const TextAccount& account, const std::set<std::string>& silent) {
    const TextGroup& group = groups_[i];
    for (const HeadAccount& told : account.heads) {
      if (!told.head->answers || told.head->kind != HeadKind::kLabel ||
          told.outcome == BeliefOutcome::kOperators || !told.belief.supported() ||
          told.belief.probability < options_.quality_threshold)
        continue;
      for (const JudgedTurn& turn : group.turns) {
        if (silent.contains(turn.user_id) || !is_new(group, turn.user_id)) continue;
        count_signals(turn, told, result_.signals);
      }
    }
  }

  static void count_signals(const JudgedTurn& turn, const HeadAccount& told, SignalCounts& counts) {
    for (const Voice& voice : voices_of(turn, told.head)) {
      if (!voice.own() || !voice.says_something() || voice.predicted().empty()) continue;
      const bool right = voice.predicted() == told.belief.label;
      (right ? counts.right : counts.wrong) += 1;
      for (size_t k = 0; k < kSignalKinds; ++k) {
        const auto kind = static_cast<SignalKind>(k);
        if (voice.find("implicit", "response", signal_name(kind)) == nullptr) continue;
        (right ? counts.with_right : counts.with_wrong)[k] += 1;
      }
    }
  }

  // Old statements fade, so that nobody lives on what he did long ago.
  static void add(Record& record, const Record& added) {
    record.right += added.right;
    record.wrong += added.wrong;
    const double fade = std::min(1.0, kLongestRecord / std::max(record.total(), 1.0));
    record.right *= fade;
    record.wrong *= fade;
  }

  // How likely the answer was wrong, as all that is known has it, where somebody said so: whoever
  // contradicts right answers counts for nothing.
  double misunderstood(size_t i) const {
    double most = 0;
    for (const auto& [head, judged] : judged_) {
      const auto place = judged.places.find(i);
      if (!head->answers || place == judged.places.end()) continue;
      for (const JudgedTurn& turn : groups_[i].turns) {
        const JudgedTurn* only = &turn;
        for (const Voice& voice : heard({&only, 1}, head, options_.trust)) {
          if (voice.predicted().empty() || !contradicts(voice, head)) continue;
          const double right = judged.beliefs->probability(place->second, voice.predicted());
          most = std::max(most, 1 - right);
        }
      }
    }
    return most;
  }

  bool contradicts(const Voice& voice, Head head) const {
    if (is_teacher(voice.author()) || !voice.says_something()) return false;
    const auto named = named_by(voice, head);
    return named ? *named != voice.predicted() : only_blames(voice, head, options_.trust);
  }

  static bool is_labelled(const LabeledExample& example) {
    return std::any_of(example.heads.begin(), example.heads.end(),
                       [](const auto& known) { return known.first->answers; });
  }

  LabeledExample labelled(size_t i, const std::set<std::string>& silent,
                          std::set<std::string>& speakers, TextAccount& account) const {
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
    for (const Head head : all_heads()) {
      std::optional<HeadAccount> told = tell(i, head, silent, example);
      if (!told) continue;
      if (told->outcome != BeliefOutcome::kOperators) take_over(*told, group, example, speakers);
      account.heads.push_back(*std::move(told));
    }
    if (!is_operators(group.known)) example.source = strongest_source(group, example);
    for (const std::string& author : speakers) add_once(example.authors, author);
    for (const JudgedTurn& turn : group.turns) add_once(example.authors, turn.user_id);
    return example;
  }

  // What the evidence says for one head; nothing: nobody spoke of it.
  std::optional<HeadAccount> tell(size_t i, Head head, const std::set<std::string>& silent,
                                  const LabeledExample& example) const {
    HeadAccount told{.head = head, .account = {}, .belief = {}};
    if (example.knows(head)) {
      told.outcome = BeliefOutcome::kOperators;
      told.belief = {example.heads.at(head).label, 1, {}, {}};
      return told;
    }
    const bool labels = head->kind == HeadKind::kLabel;
    auto belief =
        labels ? believe_label(i, head, silent) : believe_spans(groups_[i], head, silent, example);
    if (!belief) return std::nullopt;
    told.belief = *std::move(belief);
    if (labels) told.account = account_of(i, head, silent);
    if (!told.belief.supported())
      told.outcome = BeliefOutcome::kUnsupported;
    else if (labels && told.belief.probability < options_.quality_threshold)
      told.outcome = BeliefOutcome::kUnsure;
    else if (labels && example.split == Split::kCertify && only_shown(groups_[i], told.belief))
      told.outcome = BeliefOutcome::kUnsupported;
    else if (stays_aside(groups_[i], head, told.belief))
      told.outcome = BeliefOutcome::kSetAside;
    return told;
  }

  static bool is_reviewed(const TextGroup& group, const HeadAccount& told) {
    for (const JudgedTurn& turn : group.turns) {
      for (const Statement& s : turn.statements) {
        if (s.source == "review" && s.head == told.head->name && s.value == told.belief.label)
          return true;
      }
    }
    return false;
  }

  // What users only show may train and never judges.
  static bool only_shown(const TextGroup& group, const Belief& belief) {
    for (const JudgedTurn& turn : group.turns) {
      for (const Statement& s : turn.statements) {
        if (s.source != "self" && s.source != "implicit" && contains(belief.support, s.author))
          return false;
      }
    }
    return true;
  }

  Account account_of(size_t i, Head head, const std::set<std::string>& silent) const {
    const Judged& judged = judged_.at(head);
    return judged.beliefs->account(judged.places.at(i), kToldLabels, silent);
  }

  // What is certain enough becomes the example's.
  static void take_over(const HeadAccount& told, const TextGroup& group, LabeledExample& example,
                        std::set<std::string>& speakers) {
    if (told.outcome == BeliefOutcome::kUnsupported || told.outcome == BeliefOutcome::kUnsure)
      return;
    const Belief& belief = told.belief;
    Annotation annotation;
    annotation.weight = std::round(belief.probability * kWeightSteps) / kWeightSteps;
    annotation.support = belief.support;
    if (told.head->kind == HeadKind::kLabel)
      annotation.label = belief.label;
    else
      annotation.spans = parse_spans(belief.label);
    annotation.reviewed = is_reviewed(group, told);
    annotation.set_aside = told.outcome == BeliefOutcome::kSetAside;
    example.heads[told.head] = std::move(annotation);
    speakers.insert(belief.authors.begin(), belief.authors.end());
  }

  std::optional<Belief> believe_label(size_t i, Head head,
                                      const std::set<std::string>& silent) const {
    const Judged& judged = judged_.at(head);
    const auto place = judged.places.find(i);
    if (place == judged.places.end()) return std::nullopt;
    return judged.beliefs->believe(place->second, silent);
  }

  std::optional<Belief> believe_spans(const TextGroup& group, Head head,
                                      const std::set<std::string>& silent,
                                      const LabeledExample& example) const {
    std::vector<const JudgedTurn*> turns;
    for (const JudgedTurn& turn : group.turns) {
      if (turn.text == example.text) turns.push_back(&turn);
    }
    const std::vector<Voice> voices = heard(turns, head, options_.trust, silent);
    if (voices.empty()) return std::nullopt;
    return learn::believe_spans(head, voices, options_.trust);
  }

  static bool stays_aside(const TextGroup& group, Head head, const Belief& belief) {
    if (!group.known || !group.known->knows(head) || !group.known->heads.at(head).set_aside)
      return false;
    return std::all_of(belief.support.begin(), belief.support.end(),
                       [&](const auto& author) { return contains(group.known->authors, author); });
  }

  static std::string strongest_source(const TextGroup& group, const LabeledExample& example) {
    bool corrected = false, rated = false;
    for (const JudgedTurn& turn : group.turns) {
      for (const Statement& s : turn.statements) {
        rated |= !said_by_model(s.source) && s.source != "implicit";
        const auto head = head_of(s.head);
        if (!head || !example.knows(*head) || !contains(example.heads.at(*head).support, s.author))
          continue;
        if (s.source == "review") return "review";
        corrected |= s.source == "correction";
      }
    }
    if (corrected) return "correction";
    return std::all_of(example.heads.begin(), example.heads.end(),
                       [](const auto& head) { return is_taught(head.second); })
               ? "teacher"
           : rated ? "rating"
                   : "implicit";
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
  const CurationMemory& memory_;
  struct Judged {
    std::map<size_t, size_t> places;  // of groups among the texts that were judged
    std::unique_ptr<JointBeliefs> beliefs;
  };
  std::map<Head, Judged> judged_;
  std::vector<size_t> unsettled_;
  std::map<std::string, Record> open_;  // by author
  std::set<std::string> bursting_;
  AuthorBudget budget_;
  Curated result_;
};

}  // namespace

LiveView view_of(std::span<const TextGroup> groups, const Language& live) {
  std::vector<std::string> texts;
  for (const TextGroup& group : groups) texts.push_back(text_of(group));
  LiveView view;
  for (const Doc& doc : live.pipe(texts)) {
    for (const Head head : all_heads()) {
      if (head->kind == HeadKind::kLabel) view.scores[head].push_back(label_scores(doc, head));
    }
  }
  return view;
}

Curated curate(std::span<const TextGroup> groups, const LiveView& live,
               const std::map<std::string, Split>& splits, const CurateOptions& options,
               const CurationMemory& memory) {
  return Curator(groups, live, splits, options, memory).run();
}

}  // namespace pawl::learn

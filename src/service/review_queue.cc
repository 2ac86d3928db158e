// What is in the queue, and why.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "learn/data/damage.h"
#include "learn/data/material.h"
#include "learn/data/session_signals.h"
#include "learn/data/text_group.h"
#include "learn/review/label_errors.h"
#include "learn/review/new_intents.h"
#include "learn/review/worth.h"
#include "service/cycle_settings.h"
#include "service/review.h"
#include "service/review_decisions.h"
#include "service/review_desk.h"

namespace pawl::service {
namespace {

constexpr size_t kLookAt = 1000;  // turns, and examples
constexpr size_t kMostUncertain = 200, kMostErrors = 50;
constexpr size_t kShownTexts = 12;
constexpr size_t kGuesses = 5;
// A new version of a label settles its example and what is near.
constexpr double kErrorValue = 3;

bool has(const TurnBundle& bundle, std::string_view source) {
  return std::any_of(bundle.evidence.begin(), bundle.evidence.end(),
                     [&](const EvidenceRecord& e) { return e.source == source; });
}

std::string percent(double p) {
  return std::to_string(static_cast<int>(std::lround(100 * p))) + " %";
}

// A text of recent turns about which nobody has said what is right.
struct Candidate {
  TurnBundle turn;  // the newest
  std::vector<std::string> turn_ids, users;
  bool settled = false, waits = false;
  double contradicted = 0;
  std::string complaint;  // what speaks against the answer
};

// What the store has for one look.
struct Material {
  std::vector<Candidate> candidates;
  std::vector<learn::LabeledExample> examples;  // that know the intent, newest last
  std::set<std::string> answered;               // turns of examples that somebody reviewed
  std::vector<QuarantineRecord> bursts;
  std::map<std::string, std::vector<TurnBundle>> by_author;  // corrections of quarantined authors
  ReviewDecisions decisions;
};

void look_for_complaints(const TurnBundle& bundle, Candidate& candidate) {
  for (const EvidenceRecord& e : bundle.evidence) {
    const bool low = e.source == "rating" && e.score <= 0.5;
    const bool wrong = e.source == "correction" && e.head == "response" && e.score >= 0.5;
    if (!low && !wrong) continue;
    candidate.contradicted = 1;
    candidate.complaint = wrong ? "its user called the answer wrong" : "its user was not satisfied";
  }
}

std::vector<Candidate> candidates_of(const std::vector<TurnBundle>& turns,
                                     const std::set<std::string>& waiting) {
  std::vector<Candidate> candidates;
  std::map<std::string, size_t> places;
  for (const TurnBundle& bundle : turns) {  // the newest first
    if (bundle.turn.user_text.empty() || learn::damage_of(bundle)) continue;
    const auto [place, added] = places.try_emplace(bundle.turn.text_key, candidates.size());
    if (added) candidates.emplace_back().turn = bundle;
    Candidate& candidate = candidates[place->second];
    candidate.turn_ids.push_back(bundle.turn.turn_id);
    candidate.users.push_back(bundle.turn.user_id);
    const bool corrected = std::any_of(
        bundle.evidence.begin(), bundle.evidence.end(),
        [](const EvidenceRecord& e) { return e.source == "correction" && e.head != "response"; });
    candidate.waits |= corrected && waiting.contains(bundle.turn.text_key);
    candidate.settled |= has(bundle, "review") || has(bundle, kDismissed) ||
                         (corrected && !waiting.contains(bundle.turn.text_key));
    look_for_complaints(bundle, candidate);
  }
  std::erase_if(candidates, [](const Candidate& c) { return c.settled; });
  for (Candidate& candidate : candidates) {
    if (!candidate.waits) continue;
    candidate.contradicted = 1;
    candidate.complaint = "a user named another label, which nothing else speaks for yet";
  }
  return candidates;
}

// What users showed: weaker than what they said.
void hear_users(Transaction& t, const std::string& tenant, const learn::SignalOptions& options,
                std::vector<Candidate>& candidates) {
  std::vector<learn::JudgedTurn> turns;
  for (const Candidate& c : candidates) turns.push_back(learn::to_judged(c.turn));
  std::vector<learn::JudgedTurn*> all;
  for (auto& turn : turns) all.push_back(&turn);
  learn::hear_signals(t, tenant, all, options, INT64_MAX);
  for (size_t i = 0; i < turns.size(); ++i) {
    if (turns[i].statements.empty() || candidates[i].contradicted > 0) continue;
    const learn::Statement& last = turns[i].statements.back();
    if (last.source != "implicit" || last.value == "thanks") continue;
    candidates[i].contradicted = 0.5;
    candidates[i].complaint = last.value == "gave_up" ? "its user gave up" : "its user asked again";
  }
}

// Turns of these examples about which a reviewer said something, or that it is not worth a word.
std::set<std::string> answered_of(Transaction& t, const std::string& tenant,
                                  const std::vector<learn::LabeledExample>& examples) {
  std::vector<std::string> keys;
  for (const auto& example : examples) {
    if (!example.turn_id.empty()) keys.push_back(example.key);
  }
  std::set<std::string> answered;
  for (const TurnBundle& bundle : t.turns_of_texts(tenant, keys, INT64_MAX)) {
    if (has(bundle, "review") || has(bundle, kDismissed)) answered.insert(bundle.turn.turn_id);
  }
  return answered;
}

Material read(Engine& engine, const std::string& tenant) {
  const learn::CycleSettings settings = cycle_settings(engine.settings());
  return read_from(engine.store(), [&](Transaction& t) {
    Material material;
    const auto turns = t.recent_turns(tenant, INT64_MAX, "", kLookAt);
    const auto waiting = t.waiting(tenant);
    material.candidates = candidates_of(turns, {waiting.begin(), waiting.end()});
    hear_users(t, tenant, settings.curate.signals, material.candidates);
    ExampleFilter filter;
    filter.state = "active";
    filter.limit = kLookAt;
    filter.newest_first = true;
    for (auto& example : learn::readable_examples(t.examples(tenant, filter))) {
      if (example.knows(learn::Head::kIntent)) material.examples.push_back(std::move(example));
    }
    std::reverse(material.examples.begin(), material.examples.end());
    material.answered = answered_of(t, tenant, material.examples);
    material.decisions = read_decisions(t, tenant);
    for (QuarantineRecord& item : t.quarantine(tenant, false)) {
      if (item.kind == "burst" && !material.decisions.contains(burst_id(item)))
        material.bursts.push_back(std::move(item));
    }
    for (const QuarantineRecord& item : material.bursts) {
      for (const TurnBundle& bundle : turns) {
        const bool his = std::any_of(bundle.evidence.begin(), bundle.evidence.end(),
                                     [&](const EvidenceRecord& e) {
                                       return e.author == item.subject && e.source == "correction";
                                     });
        if (his) material.by_author[item.subject].push_back(bundle);
      }
    }
    return material;
  });
}

ReviewItem item_of(const TurnBundle& bundle) {
  ReviewItem item;
  item.id = bundle.turn.turn_id;
  item.turn = bundle;
  for (const EvidenceRecord& e : bundle.evidence) {
    if (e.source != "self") continue;
    if (e.head == "intent") {
      item.intent = e.value;
      item.intent_confidence = e.score;
    } else if (e.head == "sentiment") {
      item.sentiment = e.value;
      item.sentiment_confidence = e.score;
    }
  }
  return item;
}

// The queue of one look.
class Queue {
 public:
  Queue(Material material, ReviewDesk::View view, const learn::ProposalOptions& proposals)
      : material_(std::move(material)), view_(std::move(view)), proposals_(proposals) {}

  std::vector<ReviewItem> items() {
    add_uncertain();
    add_disagreements();
    add_errors();
    add_bursts();
    add_proposals();
    std::stable_sort(items_.begin(), items_.end(),
                     [](const auto& a, const auto& b) { return a.value > b.value; });
    return std::move(items_);
  }

 private:
  size_t candidates() const { return material_.candidates.size(); }

  double uncertainty(size_t i) const {
    if (view_.scores[i].empty()) return 1 - item_of(material_.candidates[i].turn).intent_confidence;
    std::vector<double> probabilities;
    for (const auto& [label, p] : view_.scores[i]) probabilities.push_back(p);
    return learn::uncertainty_of(probabilities);
  }

  ReviewItem begin(size_t i) const {
    ReviewItem item = item_of(material_.candidates[i].turn);
    item.guesses = view_.scores[i];
    std::stable_sort(item.guesses.begin(), item.guesses.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (item.guesses.size() > kGuesses) item.guesses.resize(kGuesses);
    item.suggested = item.guesses.empty() ? item.intent : item.guesses.front().first;
    return item;
  }

  void add_uncertain() {
    std::vector<learn::Doubt> doubts;
    Matrix vectors(candidates(), view_.vectors.cols());
    for (size_t i = 0; i < candidates(); ++i) {
      doubts.push_back({uncertainty(i), material_.candidates[i].contradicted,
                        material_.candidates[i].turn_ids.size()});
      std::copy(view_.vectors.row(i), view_.vectors.row(i) + vectors.cols(), vectors.row(i));
    }
    for (const learn::Worth& worth : learn::most_worth(doubts, vectors, kMostUncertain)) {
      ReviewItem item = begin(worth.row);
      item.kind = "uncertain";
      item.value = worth.value;
      item.reason = why_uncertain(item, worth, material_.candidates[worth.row]);
      places_.emplace(item.id, items_.size());
      items_.push_back(std::move(item));
    }
  }

  static std::string why_uncertain(const ReviewItem& item, const learn::Worth& worth,
                                   const Candidate& candidate) {
    std::string reason = "the model is not sure";
    if (item.guesses.size() > 1) {
      reason += " (" + item.guesses[0].first + " " + percent(item.guesses[0].second) + ", " +
                item.guesses[1].first + " " + percent(item.guesses[1].second) + ")";
    }
    const auto others = static_cast<long>(std::lround(worth.speaks_for));
    if (others > 1)
      reason += ", and about " + std::to_string(others) + " doubtful turns are like it";
    return candidate.complaint.empty() ? reason : reason + "; " + candidate.complaint;
  }

  void add_disagreements() {
    for (size_t i = 0; i < candidates(); ++i) {
      const EvidenceRecord* other = nullptr;
      for (const EvidenceRecord& e : material_.candidates[i].turn.evidence) {
        if (e.source == kShadowSaid && e.head == "intent") other = &e;
      }
      if (other == nullptr) continue;
      ReviewItem item = begin(i);
      if (other->value == item.suggested) continue;
      item.kind = "disagreement";
      item.candidate = other->value;
      item.value = 1 + uncertainty(i);
      item.reason = "generation " + other->author + " says " + other->value + ", the live one " +
                    (item.suggested.empty() ? "nothing" : item.suggested);
      if (const auto known = places_.find(item.id); known != places_.end()) {
        item.value += items_[known->second].value;
        items_[known->second] = std::move(item);
      } else {
        items_.push_back(std::move(item));
      }
    }
  }

  void add_errors() {
    const size_t first = candidates();
    std::vector<std::string> labels;
    for (const auto& example : material_.examples)
      labels.push_back(example.label(learn::Head::kIntent));
    if (labels.size() < 2) return;
    Matrix vectors(labels.size(), view_.vectors.cols());
    for (size_t i = 0; i < labels.size(); ++i)
      std::copy(view_.vectors.row(first + i), view_.vectors.row(first + i) + vectors.cols(),
                vectors.row(i));
    const auto votes = learn::left_out_votes(vectors, labels);
    size_t added = 0;
    for (const learn::SuspectLabel& suspect : learn::suspect_labels(labels, votes)) {
      const learn::LabeledExample& example = material_.examples[suspect.row];
      const auto& known = example.heads.at(learn::Head::kIntent);
      if (example.turn_id.empty() || example.source == "examples" || known.reviewed ||
          material_.answered.contains(example.turn_id))
        continue;
      if (++added > kMostErrors) return;
      ReviewItem item;
      item.id = item.turn.turn.turn_id = example.turn_id;
      item.turn.turn.user_text = example.text;
      item.kind = "label_error";
      item.intent = known.label;
      item.intent_confidence = known.weight;
      item.suggested = suspect.likelier;
      item.guesses = {{suspect.likelier, suspect.other}, {known.label, suspect.given}};
      item.value = kErrorValue * (suspect.other - suspect.given);
      item.reason = "an example of " + known.label + ", but the examples like it are " +
                    suspect.likelier + " (" + percent(suspect.other) + " against " +
                    percent(suspect.given) + ")";
      items_.push_back(std::move(item));
    }
  }

  void add_bursts() {
    for (const QuarantineRecord& burst : material_.bursts) {
      ReviewItem item;
      item.id = burst_id(burst);
      item.kind = "burst";
      item.reason = burst.subject + ": " + burst.reason;
      const auto said = material_.by_author.find(burst.subject);
      if (said != material_.by_author.end()) {
        for (const TurnBundle& bundle : said->second) {
          item.turn_ids.push_back(bundle.turn.turn_id);
          if (item.texts.size() < kShownTexts) item.texts.push_back(bundle.turn.user_text);
        }
      }
      item.value = static_cast<double>(std::max<size_t>(item.turn_ids.size(), 2)) / 2;
      items_.push_back(std::move(item));
    }
  }

  // Of each candidate the cosine to the nearest known example.
  double explained(size_t i) const {
    double nearest = -1;
    for (size_t k = candidates(); k < view_.vectors.rows(); ++k) {
      double cosine = 0;
      for (size_t j = 0; j < view_.vectors.cols(); ++j)
        cosine += view_.vectors(i, j) * view_.vectors(k, j);
      nearest = std::max(nearest, cosine);
    }
    return nearest;
  }

  void add_proposals() {
    std::vector<learn::UnplacedText> texts;
    Matrix vectors(candidates(), view_.vectors.cols());
    for (size_t i = 0; i < candidates(); ++i) {
      const Candidate& c = material_.candidates[i];
      double highest = 0;
      for (const auto& [label, p] : view_.scores[i]) highest = std::max(highest, p);
      texts.push_back({.key = c.turn.turn.text_key,
                       .text = c.turn.turn.user_text,
                       .uncertainty = 1 - highest,
                       .explained = explained(i),
                       .authors = c.users,
                       .times = c.turn_ids.size()});
      std::copy(view_.vectors.row(i), view_.vectors.row(i) + vectors.cols(), vectors.row(i));
    }
    for (const auto& proposal : learn::propose_intents(texts, vectors, proposals_)) {
      std::vector<std::string> keys;
      for (const size_t row : proposal.rows) keys.push_back(texts[row].key);
      if (material_.decisions.refused(proposal.name, keys)) continue;
      add_proposal(proposal);
    }
  }

  void add_proposal(const learn::IntentProposal& proposal) {
    ReviewItem item;
    item.id = proposal.id;
    item.kind = "new_intent";
    item.value = proposal.value;
    item.suggested = proposal.name;
    item.words = proposal.words;
    item.authors = proposal.authors;
    for (const size_t row : proposal.rows) {
      const Candidate& c = material_.candidates[row];
      item.turn_ids.insert(item.turn_ids.end(), c.turn_ids.begin(), c.turn_ids.end());
      if (item.texts.size() < kShownTexts) item.texts.push_back(c.turn.turn.user_text);
    }
    item.reason = std::to_string(proposal.turns) + " turns of " + std::to_string(proposal.authors) +
                  " people are like each other and like no known example";
    items_.push_back(std::move(item));
  }

  Material material_;
  ReviewDesk::View view_;
  learn::ProposalOptions proposals_;
  std::vector<ReviewItem> items_;
  std::map<std::string, size_t> places_;  // of turns among the items
};

learn::ProposalOptions proposal_options(const Engine& engine, const Material& material,
                                        const LiveModel& live) {
  learn::ProposalOptions options;
  const auto people = static_cast<size_t>(engine.settings().integer("learning.min_label_authors"));
  options.min_authors = people <= 1 ? 1 : std::max<size_t>(options.min_authors, people);
  for (const auto& example : material.examples)
    options.known_labels.insert(example.label(learn::Head::kIntent));
  if (live.nlp != nullptr) {
    const auto known = learn::labels_of(*live.nlp);
    if (const auto found = known.find(learn::Head::kIntent); found != known.end())
      options.known_labels.insert(found->second.begin(), found->second.end());
  }
  return options;
}

}  // namespace

std::vector<ReviewItem> review_queue(Engine& engine, const std::string& tenant, size_t limit) {
  engine.tenant(tenant).require();
  const auto live = engine.live_models().get(tenant);
  Material material = read(engine, tenant);
  std::vector<std::string> texts;
  for (const Candidate& c : material.candidates) texts.push_back(c.turn.turn.user_text);
  for (const auto& example : material.examples) texts.push_back(example.text);
  ReviewDesk::View view =
      engine.review_desk().look(tenant, *live, texts, material.candidates.size());
  const learn::ProposalOptions options = proposal_options(engine, material, *live);
  auto items = Queue(std::move(material), std::move(view), options).items();
  if (items.size() > limit) items.resize(limit);
  return items;
}

}  // namespace pawl::service

#include "learn/evidence/joint.h"

#include <algorithm>
#include <numeric>

#include "learn/evidence/sources/source.h"

namespace pawl::learn {
namespace {

constexpr int kRounds = 8;
// What neighbours say counts as much as what the model says.
constexpr double kNeighboursShare = 0.5;
// Weight of an imagined neighbour of every label together: far ones alone convince nobody.
constexpr double kNeighbourFloor = 0.05;
// Statements by chance that an author's habits begin with.
constexpr double kHabitPrior = 5;
// Share of the model's word that any label has.
constexpr double kAnything = 0.03;
// Share of texts with labels that no model knows: imagined texts behind the first guess, half of
// what the model is wrong about; and the most of any one text.
constexpr double kUnheardPrior = 10, kLeastWrong = 0.1, kMostWrong = 0.5, kMostOpen = 0.5;
constexpr double kLeastDoubt = 1e-3;

// How often the model is wrong.
double wrong_share(const Trust& trust) {
  return std::clamp(1 - trust.model_accuracy, kLeastWrong, kMostWrong);
}

void normalize(std::vector<double>& row) {
  const double total = std::accumulate(row.begin(), row.end(), 0.0);
  if (total <= 0) return;
  for (double& p : row) p /= total;
}

Scores likeliest(const std::vector<double>& row, const std::vector<std::string>& labels,
                 size_t count) {
  std::vector<size_t> order(row.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return row[a] > row[b]; });
  Scores scores;
  for (const size_t i : order) {
    if (scores.size() == count || row[i] <= 0) break;
    scores.emplace_back(labels[i], row[i]);
  }
  return scores;
}

}  // namespace

JointBeliefs::JointBeliefs(JointEvidence evidence) : evidence_(std::move(evidence)) {
  index();
  set_habits();
  find_unheard();
  model_.resize(evidence_.texts.size());
  prior_.resize(evidence_.texts.size());
  posterior_.resize(evidence_.texts.size());
  for (int round = 0; round < kRounds; ++round) {
    // All from the last round's posteriors: the order of texts does not matter.
    set_model_priors();
    for (size_t i = 0; i < evidence_.texts.size(); ++i) prior_[i] = prior_of_text(i);
    for (size_t i = 0; i < evidence_.texts.size(); ++i) weigh(i);
    weighed_ = true;
    judge_authors();
  }
}

size_t JointBeliefs::label_id(const std::string& label) {
  const auto [found, added] = label_ids_.try_emplace(label, labels_.size());
  if (added) labels_.push_back(label);
  return found->second;
}

void JointBeliefs::index() {
  for (const JudgedText& text : evidence_.texts) {
    for (const auto& [label, p] : text.scores) label_id(label);
  }
  for (const Precedent& precedent : evidence_.precedents)
    precedent_labels_.push_back(label_id(precedent.label));
  for (const JudgedText& text : evidence_.texts) {
    std::vector<Opinion>& opinions = opinions_.emplace_back();
    for (const Voice& voice : text.voices) {
      const auto [author, added] = author_ids_.try_emplace(voice.author(), authors_.size());
      if (added) authors_.push_back(voice.author());
      Opinion opinion{.author = author->second,
                      .names = named_by(voice, evidence_.head).has_value(),
                      .operators = voice.find("review", evidence_.head->name) != nullptr,
                      .shown = !voice.says_something(),
                      .likelihood = {},
                      .labels = {}};
      if (const auto named = named_by(voice, evidence_.head)) opinion.named = label_id(*named);
      opinions.push_back(std::move(opinion));
      if (!voice.predicted().empty()) label_id(voice.predicted());
    }
  }
  evidence_.trust.labels = std::max<size_t>(2, labels_.size());
  const double names =
      general_reliability(evidence_.reputations, &Reputation::named, kStrangerNames);
  const double judges =
      general_reliability(evidence_.reputations, &Reputation::judged, kStrangerJudges);
  for (const std::string& author : authors_) {
    const auto known = evidence_.reputations.find(author);
    const Reputation reputation =
        known == evidence_.reputations.end() ? Reputation{} : known->second;
    names_.push_back(evidence_.trusting ? evidence_.trust.correction
                                        : reliability(reputation.named, names));
    judges_.push_back(evidence_.trusting ? 1.0 : reliability(reputation.judged, judges));
  }
}

// Who is insincere names labels as he does elsewhere: who always says the same says little by it.
void JointBeliefs::set_habits() {
  std::map<std::pair<size_t, size_t>, double> of_label;  // author, label
  std::map<size_t, double> of_author;
  const auto count = [&](size_t author, size_t label) {
    of_label[{author, label}] += 1;
    of_author[author] += 1;
  };
  for (size_t i = 0; i < evidence_.precedents.size(); ++i) {
    const Precedent& precedent = evidence_.precedents[i];
    if (!precedent.named || precedent.support.size() != 1) continue;
    const auto author = author_ids_.find(precedent.support.front());
    if (author != author_ids_.end()) count(author->second, precedent_labels_[i]);
  }
  for (const auto& opinions : opinions_) {
    for (const Opinion& o : opinions) {
      if (o.names) count(o.author, o.named);
    }
  }
  const double chance = 1 / static_cast<double>(evidence_.trust.labels);
  for (auto& opinions : opinions_) {
    for (Opinion& o : opinions) {
      if (!o.names) continue;
      const double often = (of_label[{o.author, o.named}] - 1 + kHabitPrior * chance) /
                           (of_author[o.author] - 1 + kHabitPrior);
      o.habit = evidence_.trusting ? chance : std::max(chance, often);
    }
  }
}

void JointBeliefs::find_unheard() {
  std::set<size_t> heard_of;
  for (const JudgedText& text : evidence_.texts) {
    for (const auto& [label, p] : text.scores) heard_of.insert(label_ids_.at(label));
  }
  for (size_t l = 0; l < labels_.size(); ++l) {
    if (!heard_of.contains(l)) unheard_.push_back(l);
  }
  double sum = 0, answered = 0;
  for (const JudgedText& text : evidence_.texts) {
    double top = 0;
    for (const auto& [label, p] : text.scores) top = std::max(top, p);
    doubts_.push_back(1 - top);
    if (text.scores.empty()) continue;
    sum += 1 - top;
    answered += 1;
  }
  const double usual = sum / std::max(answered, 1.0);
  for (double& doubt : doubts_) doubt /= std::max(usual, kLeastDoubt);
}

// What share of the texts has a label that the model does not know: at first by how often the model
// is wrong, then as the beliefs have it.
double JointBeliefs::unheard_share() const {
  double found = kUnheardPrior * wrong_share(evidence_.trust) / 2, texts = kUnheardPrior;
  if (!weighed_) return found / texts;
  for (size_t i = 0; i < evidence_.texts.size(); ++i) {
    if (evidence_.texts[i].scores.empty()) continue;
    texts += 1;
    for (const size_t l : unheard_) found += posterior_[i][l];
  }
  return found / texts;
}

// Where the model is sure there is little room for labels it does not know. The scores are
// calibrated, and count in full against what somebody named; praise is of the model's own answer,
// which speaks for itself with less.
void JointBeliefs::set_model_priors() {
  const double share = unheard_.empty() ? 0 : unheard_share();
  const double wrong = wrong_share(evidence_.trust);
  const auto labels = static_cast<double>(labels_.size());
  for (size_t i = 0; i < evidence_.texts.size(); ++i) {
    const JudgedText& text = evidence_.texts[i];
    if (text.scores.empty()) {
      model_[i].assign(labels_.size(), 1 / labels);
      continue;
    }
    const double open = std::min(kMostOpen, share * doubts_[i]);
    const bool named = std::any_of(opinions_[i].begin(), opinions_[i].end(),
                                   [](const Opinion& opinion) { return opinion.names; });
    const double anything = named ? kAnything : std::max(kAnything, wrong - open);
    Row row(labels_.size(), anything / labels);
    for (const auto& [label, p] : text.scores)
      row[label_ids_.at(label)] += (1 - open - anything) * p;
    for (const size_t l : unheard_) row[l] += open / static_cast<double>(unheard_.size());
    normalize(row);
    model_[i] = std::move(row);
  }
}

// Nobody is his own second opinion.
bool JointBeliefs::shares_author(size_t text, size_t row) const {
  const auto speaks = [&](const std::string& author) {
    return std::any_of(opinions_[text].begin(), opinions_[text].end(),
                       [&](const Opinion& o) { return authors_[o.author] == author; });
  };
  if (row < evidence_.precedents.size()) {
    const auto& support = evidence_.precedents[row].support;
    return !support.empty() && std::all_of(support.begin(), support.end(), speaks);
  }
  const auto& others = opinions_[row - evidence_.precedents.size()];
  return std::any_of(others.begin(), others.end(),
                     [&](const Opinion& o) { return speaks(authors_[o.author]); });
}

JointBeliefs::Row JointBeliefs::neighbours_of(size_t text) const {
  Row row(labels_.size(), kNeighbourFloor / static_cast<double>(labels_.size()));
  if (evidence_.near.empty()) return {};
  for (const Neighbour& n : evidence_.near[text]) {
    if (shares_author(text, n.row)) continue;
    if (n.row < evidence_.precedents.size()) {
      row[precedent_labels_[n.row]] += n.weight * evidence_.precedents[n.row].weight;
    } else if (weighed_) {
      // Squared: who is unsure himself has little to say.
      const Row& posterior = posterior_[n.row - evidence_.precedents.size()];
      for (size_t l = 0; l < row.size(); ++l) row[l] += n.weight * posterior[l] * posterior[l];
    }
  }
  normalize(row);
  return row;
}

JointBeliefs::Row JointBeliefs::prior_of_text(size_t text) const {
  const Row near = neighbours_of(text);
  Row prior = model_[text];
  if (near.empty()) return prior;
  for (size_t l = 0; l < prior.size(); ++l)
    prior[l] = (1 - kNeighboursShare) * prior[l] + kNeighboursShare * near[l];
  return prior;
}

Trust JointBeliefs::trust_for(const Opinion& opinion, bool own) const {
  Trust trust = evidence_.trust;
  // Who is insincere says anything: also what is right, now and then.
  double names = names_[opinion.author];
  if (!own) names *= trust.correction_by_another / trust.correction;
  trust.named_when_wrong = (1 - names) * opinion.habit;
  trust.correction = trust.correction_by_another = names + trust.named_when_wrong;
  const double judges = judges_[opinion.author];
  trust.good_when_right = judges * trust.good_when_right + (1 - judges) / 2;
  trust.good_when_wrong = judges * trust.good_when_wrong + (1 - judges) / 2;
  // Contradicting a right answer: what the sincere do not do, the others do as soon as not.
  trust.correction_when_right = 1 - names * (1 - trust.correction_when_right);
  return trust;
}

void JointBeliefs::weigh(size_t text) {
  Row& posterior = posterior_[text];
  posterior = prior_[text];
  for (size_t v = 0; v < opinions_[text].size(); ++v) {
    Opinion& opinion = opinions_[text][v];
    opinion.likelihood = likelihood_of(evidence_.texts[text].voices[v], evidence_.head,
                                       trust_for(opinion, evidence_.texts[text].voices[v].own()));
    opinion.labels.clear();
    const double others = opinion.likelihood.back().second;
    for (size_t k = 0; k + 1 < opinion.likelihood.size(); ++k) {
      const size_t id = label_ids_.at(opinion.likelihood[k].first);
      opinion.labels.push_back(id);
      posterior[id] *= opinion.likelihood[k].second / std::max(others, 1e-12);
    }
  }
  normalize(posterior);
}

// How likely each voice is sincere: by what a sincere one would say here, as everybody else has it,
// against what chance would.
void JointBeliefs::judge_opinions(size_t text) {
  for (Opinion& opinion : opinions_[text]) {
    Row without = posterior_[text];
    const double others = std::max(opinion.likelihood.back().second, 1e-12);
    for (size_t k = 0; k < opinion.labels.size(); ++k)
      without[opinion.labels[k]] *= others / std::max(opinion.likelihood[k].second, 1e-12);
    normalize(without);
    const size_t voice = static_cast<size_t>(&opinion - opinions_[text].data());
    const Voice& said = evidence_.texts[text].voices[voice];
    double sincere = 0, insincere = opinion.habit, reliable = names_[opinion.author];
    if (opinion.names) {
      sincere = without[opinion.named];
    } else {
      const double right = without[label_ids_.at(said.predicted())];
      const bool praises = speaks_for(said, evidence_.head, evidence_.trust, said.predicted());
      const Trust& t = evidence_.trust;
      const double good = right * t.good_when_right + (1 - right) * t.good_when_wrong;
      sincere = praises ? good : 1 - good;
      insincere = 0.5;
      reliable = judges_[opinion.author];
    }
    const double yes = reliable * sincere, no = (1 - reliable) * insincere;
    opinion.sincere = yes + no > 0 ? yes / (yes + no) : reliable;
  }
}

void JointBeliefs::judge_authors() {
  Reputations now = evidence_.reputations;
  for (size_t i = 0; i < opinions_.size(); ++i) {
    judge_opinions(i);
    for (const auto& [author, added] : records(i)) {
      Reputation& r = now[author];
      r.named.right += added.named.right, r.named.wrong += added.named.wrong;
      r.judged.right += added.judged.right, r.judged.wrong += added.judged.wrong;
    }
  }
  if (evidence_.trusting) return;
  const double names = general_reliability(now, &Reputation::named, kStrangerNames);
  const double judges = general_reliability(now, &Reputation::judged, kStrangerJudges);
  for (size_t a = 0; a < authors_.size(); ++a) {
    names_[a] = reliability(now[authors_[a]].named, names);
    judges_[a] = reliability(now[authors_[a]].judged, judges);
  }
}

Reputations JointBeliefs::records(size_t text) const {
  Reputations records;
  for (const Opinion& o : opinions_[text]) {
    if (o.operators || o.shown) continue;
    Record& record =
        o.names ? records[authors_[o.author]].named : records[authors_[o.author]].judged;
    record.right += o.sincere;
    record.wrong += 1 - o.sincere;
  }
  return records;
}

double JointBeliefs::reliability_of(const std::string& author, Record Reputation::* kind) const {
  const auto found = author_ids_.find(author);
  const bool names = kind == &Reputation::named;
  if (found == author_ids_.end()) {
    return general_reliability(evidence_.reputations, kind,
                               names ? kStrangerNames : kStrangerJudges);
  }
  return (names ? names_ : judges_)[found->second];
}

JointBeliefs::Row JointBeliefs::posterior_without(size_t text,
                                                  const std::set<std::string>& silent) const {
  Row posterior = prior_[text];
  for (const Opinion& opinion : opinions_[text]) {
    if (silent.contains(authors_[opinion.author])) continue;
    const double others = std::max(opinion.likelihood.back().second, 1e-12);
    for (size_t k = 0; k < opinion.labels.size(); ++k)
      posterior[opinion.labels[k]] *= opinion.likelihood[k].second / others;
  }
  normalize(posterior);
  return posterior;
}

Belief JointBeliefs::believe(size_t text, const std::set<std::string>& silent) const {
  const Row posterior = posterior_without(text, silent);
  Belief belief;
  std::vector<const Voice*> heard;
  for (const Voice& voice : evidence_.texts[text].voices) {
    if (silent.contains(voice.author())) continue;
    heard.push_back(&voice);
    belief.authors.push_back(voice.author());
  }
  for (size_t l = 0; l < posterior.size(); ++l) {
    if (posterior[l] > belief.probability)
      belief.label = labels_[l], belief.probability = posterior[l];
  }
  for (const Voice* voice : heard) {
    if (speaks_for(*voice, evidence_.head, evidence_.trust, belief.label))
      belief.support.push_back(voice->author());
  }
  return belief;
}

double JointBeliefs::probability(size_t text, const std::string& label) const {
  const auto known = label_ids_.find(label);
  return known == label_ids_.end() ? 0 : posterior_[text][known->second];
}

Account JointBeliefs::account(size_t text, size_t labels,
                              const std::set<std::string>& silent) const {
  Account account;
  account.model = likeliest(model_[text], labels_, labels);
  if (!evidence_.near.empty()) account.neighbours = likeliest(neighbours_of(text), labels_, labels);
  account.prior = likeliest(prior_[text], labels_, labels);
  account.posterior = likeliest(posterior_without(text, silent), labels_, labels);
  for (const Opinion& o : opinions_[text]) {
    if (silent.contains(authors_[o.author])) continue;
    const double reliable =
        o.operators ? evidence_.trust.review : (o.names ? names_ : judges_)[o.author];
    account.opinions.push_back({authors_[o.author], reliable, o.likelihood});
  }
  return account;
}

}  // namespace pawl::learn

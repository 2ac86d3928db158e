// Beliefs about many texts at once, and how far each author is to be trusted, estimated together:
// expectation maximisation over labels nobody knows for sure and authors nobody knows (Dawid and
// Skene 1979), where almost every text was judged by one person only. What stands in for second
// opinions is the live model's calibrated prediction and the labels of neighbouring texts, of those
// that others spoke about: nobody vouches for himself.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "learn/evidence/neighbours.h"
#include "learn/evidence/posterior.h"
#include "learn/evidence/reputation.h"

namespace pawl::learn {

// A text that has a label already.
struct Precedent {
  std::string label;
  double weight = 1;
  std::vector<std::string> support;  // authors that say so; none: an operator
  bool named = false;                // they named it, rather than praising an answer
};

// A text that is to be judged.
struct JudgedText {
  Scores scores;              // the live model's, calibrated; empty: no model
  std::vector<Voice> voices;  // one for each author
};

struct JointEvidence {
  Head head;
  std::vector<Precedent> precedents;
  std::vector<JudgedText> texts;
  // Of each text: rows below precedents.size() are precedents, the others texts. Empty: none.
  std::vector<std::vector<Neighbour>> near;
  Reputations reputations;  // as earlier texts left them
  Trust trust;
  bool trusting = false;  // everybody is as reliable as `trust` says, whatever he does
};

// What a belief about one text was made of.
struct Account {
  Scores model, neighbours, prior, posterior;  // the likeliest labels, the likeliest first
  struct Opinion {
    std::string author;
    double reliability = 0;  // of the author, in what he did here
    Scores likelihood;       // see likelihood_of()
  };
  std::vector<Opinion> opinions;
};

class JointBeliefs {
 public:
  // Linear in texts, voices and neighbours. Deterministic.
  explicit JointBeliefs(JointEvidence evidence);

  // By all that is known, but for the voices of authors in `silent`.
  Belief believe(size_t text, const std::set<std::string>& silent = {}) const;
  // How likely the text has this label, by all that is known.
  double probability(size_t text, const std::string& label) const;
  // What believe() goes by, with at most so many labels of each distribution.
  Account account(size_t text, size_t labels, const std::set<std::string>& silent = {}) const;
  // What the voices on a text add to their authors' records: how likely each was to be sincere, as
  // the others, the model and the neighbours have it.
  Reputations records(size_t text) const;
  // The author's reliability in naming labels or in judging answers.
  double reliability_of(const std::string& author, Record Reputation::* kind) const;

 private:
  struct Opinion {
    size_t author;
    bool names;        // a label; otherwise it judges the answer
    size_t named = 0;  // the label
    double habit = 0;  // how often the author names it when he is insincere
    bool operators;
    bool shown = false;  // without saying it: no record of its author
    Scores likelihood;
    std::vector<size_t> labels;  // of the likelihood's entries but for the last
    double sincere = 0;
  };
  using Row = std::vector<double>;

  size_t label_id(const std::string& label);
  void index();
  void set_habits();
  void find_unheard();
  double unheard_share() const;
  void set_model_priors();
  Row neighbours_of(size_t text) const;
  Row prior_of_text(size_t text) const;
  Row posterior_without(size_t text, const std::set<std::string>& silent) const;
  void weigh(size_t text);
  void judge_opinions(size_t text);
  void judge_authors();
  Trust trust_for(const Opinion& opinion, bool own) const;
  bool shares_author(size_t text, size_t row) const;

  JointEvidence evidence_;
  std::vector<std::string> labels_;
  std::map<std::string, size_t> label_ids_;
  std::vector<std::string> authors_;
  std::map<std::string, size_t> author_ids_;
  std::vector<size_t> precedent_labels_;
  std::vector<std::vector<Opinion>> opinions_;  // by text
  std::vector<Row> model_, prior_, posterior_;  // by text
  std::vector<double> names_, judges_;          // reliability by author
  std::vector<size_t> unheard_;                 // labels that the model does not know
  std::vector<double> doubts_;                  // of the model by text, 1 on average
  bool weighed_ = false;
};

}  // namespace pawl::learn

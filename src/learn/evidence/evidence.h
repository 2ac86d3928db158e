// From what people did after a turn to a label with a probability. Labels are never taken at their
// word: the live model's calibrated prediction is a prior, every source multiplies in how often it
// says this when that is true.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pawl::learn {

// What is known of one head (intent or sentiment) of one turn.
struct HeadEvidence {
  std::vector<std::pair<std::string, double>> scores =
      {};                                  // the live model's, summing to 1; empty: no model yet
  std::string predicted = {};              // what the person was answered with; empty: unknown
  std::optional<std::string> review = {};  // an operator's label
  std::optional<std::string> correction = {};  // the label the person named
  std::optional<double> rating = {};           // 0..1, of the answer that rested on `predicted`
  bool says_wrong = false;                     // needs_correction without a label
};

// How often each source is right. Later these are measured per source and per user; the defaults
// are the prior.
struct Trust {
  double review = 0.99;
  double correction = 0.9;
  double correction_when_right =
      0.5;                        // how much rarer people correct a right answer than a wrong one
  double good_when_right = 0.9;   // P(good rating | label right)
  double good_when_wrong = 0.15;  // P(good rating | label wrong)
  double good_rating = 0.7;       // a rating from here on is good ...
  double bad_rating = 0.5;        // ... up to here it is bad; between them it says nothing
  double model_accuracy = 0.7;    // the live model's, measured on held-out turns; spreads the prior
};

using Scores = std::vector<std::pair<std::string, double>>;

// The temperature at which the mean of the highest probability equals `accuracy`: a model that
// knows how often it is right, without a label (temperature scaling, Guo et al. 2017, fitted to the
// measured accuracy). Within [0.05, 20].
double fit_temperature(const std::vector<Scores>& predictions, double accuracy);
// Probabilities raised to 1 / temperature and normalised again.
Scores at_temperature(Scores scores, double temperature);

struct LabelPosterior {
  std::string label;
  double probability = 0;
  bool supported = false;  // by at least one source other than the model itself
};

// The most probable label. Deterministic: equal probabilities go to the first label in `scores`'
// order.
LabelPosterior weigh_evidence(const HeadEvidence& evidence, const Trust& trust);

}  // namespace pawl::learn

// Probabilities of labels, and what evidence does to them.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pawl::learn {

using Scores = std::vector<std::pair<std::string, double>>;

// A source that names a label: right with probability `trust`, otherwise any other label alike, of
// `labels` in all (0: those of the posterior).
void apply_named(Scores& posterior, const std::string& label, double trust, size_t labels = 0);
// A source that judges one label: so likely when that is right, so likely when it is wrong.
void apply_judged(Scores& posterior, const std::string& label, double right, double wrong);

// Of the highest probabilities; 1 without any.
double mean_confidence(const std::vector<Scores>& predictions);
// The temperature at which the mean of the highest probability equals `accuracy`: a model that
// knows how often it is right, without a label (temperature scaling, Guo et al. 2017, fitted to the
// measured accuracy). Within [0.05, 20].
double fit_temperature(const std::vector<Scores>& predictions, double accuracy);
// Probabilities raised to 1 / temperature and normalised again.
Scores at_temperature(Scores scores, double temperature);

}  // namespace pawl::learn

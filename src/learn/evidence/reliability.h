// How often each source is right. Later these are measured per source and per author; the defaults
// are the prior.
#pragma once

#include <array>
#include <cstddef>

namespace pawl::learn {

// How often a signal (learn/evidence/signals.h) is shown where the predicted label is right, and
// where it is wrong.
struct SignalConfusion {
  double when_right = 0.05, when_wrong = 0.05;
  bool vouches = false;  // it tells them apart well enough to speak for a label
};
inline constexpr size_t kSignalKinds = 4;
using SignalTrust = std::array<SignalConfusion, kSignalKinds>;

struct Trust {
  double review = 0.99;
  double correction = 0.9;              // by the turn's user
  double correction_by_another = 0.75;  // who saw neither the need nor the answer
  double correction_when_right =
      0.5;                        // how much rarer people correct a right answer than a wrong one
  double good_when_right = 0.9;   // P(good rating | label right)
  double good_when_wrong = 0.15;  // P(good rating | label wrong)
  double good_rating = 0.7;       // a rating from here on is good ...
  double bad_rating = 0.5;        // ... up to here it is bad; between them it says nothing
  double model_accuracy = 0.7;    // the live model's, measured on held-out turns; spreads the prior
  // P(a correction names its label | another is right); 0: what is left of it, spread over
  // `labels`.
  double named_when_wrong = 0;
  SignalTrust signals = {};
  size_t labels = 0;  // that a wrong voice may name; 0: as many as the posterior at hand has
};

}  // namespace pawl::learn

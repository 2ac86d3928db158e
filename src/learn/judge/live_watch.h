// Whether a generation does worse on live traffic than the one before it: a sequential test on what
// people said against its answers, valid however often it is looked at.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace pawl::learn {

// A turn as a generation answered it.
struct AnsweredTurn {
  std::string user;
  // 0: nothing was said against the answer that the other generation would have been spared; else
  // how far the user is to be trusted, up to 1.
  double fault = 0;
};

struct LiveWatchOptions {
  double alpha = 0.01;        // chance of taking back a generation that is no worse, over all looks
  size_t turns_per_user = 5;  // of a generation; the later ones say nothing
};

struct LiveComparison {
  size_t turns_before = 0, turns_since = 0;    // that count
  double faults_before = 0, faults_since = 0;  // among them, weighed
  size_t users_at_fault = 0;                   // who found fault with the later generation
  size_t pairs = 0;                            // turns compared with each other
  double evidence = 1;  // the greatest so far that it is worse: 1/alpha convinces
  bool worse = false;
};

// `before` and `since`: turns that the earlier and the later generation answered, in the order in
// which they came. A user has one fault and options.turns_per_user turns of each generation, so
// that no author alone, however loud, moves much.
//
// A turn of the later generation is paired with one of the earlier that was as far along in what
// counts of its user, so that it makes no difference who had more time to complain. A pair's
// difference d of faults lies within -1..1 and is 0 on average, or less, where the later one is no
// worse; then the capital of whoever bets the share L of it on d, the product of 1 + L d, averaged
// over all L of 0..1, is a test martingale and exceeds 1/alpha ever with a probability of at most
// alpha (Ville 1939; for outcomes of 0 and 1 this is the mixture sequential probability ratio test
// of the discordant pairs, Robbins 1970). Deterministic.
LiveComparison compare_live(std::span<const AnsweredTurn> before,
                            std::span<const AnsweredTurn> since, const LiveWatchOptions& options);

}  // namespace pawl::learn

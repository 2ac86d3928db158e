// From what people did after turns to what is believed of a text. Labels are never taken at their
// word: the live model's calibrated prediction is a prior, every source multiplies in how often it
// says this when that is true, and every author is heard once.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "learn/evidence/distribution.h"
#include "learn/evidence/reliability.h"
#include "learn/evidence/statement.h"

namespace pawl::learn {

// What is believed of one text for one head. `label` is the most probable; for a head of spans it
// is their list, as statements have it (JSON).
struct Belief {
  std::string label;
  double probability = 0;
  std::vector<std::string> support;  // authors that speak for it, in order of appearance
  std::vector<std::string> authors;  // all who had a say, those of other opinions, too

  // By somebody other than the model itself.
  bool supported() const { return !support.empty(); }
};

// The label that the voice names for the head, if it names one.
std::optional<std::string> named_by(const Voice& voice, Head head);
// Whether it has a say about the head and speaks for no label: it only says what was wrong.
bool only_blames(const Voice& voice, Head head, const Trust& trust);

// Everybody who said something about turns of one text, but for those in `silent`, each with one
// voice: the author's last that names a label for this head, else the last with a say in it; who
// has none is left out.
std::vector<Voice> heard(std::span<const JudgedTurn* const> turns, Head head, const Trust& trust,
                         const std::set<std::string>& silent = {});

// How likely the voice is to say what it says under each label that it speaks of; the last entry,
// of an empty name, stands for all other labels. `trust.labels` must be set.
Scores likelihood_of(const Voice& voice, Head head, const Trust& trust);
// Whether one of the voice's statements speaks for this label.
bool speaks_for(const Voice& voice, Head head, const Trust& trust, const std::string& label);

// A head of labels. `scores`: the live model's for the text, summing to 1; empty: no model yet.
// Equal probabilities go to the first label in the order of `scores`.
Belief believe_label(Head head, const Scores& scores, std::span<const Voice> voices,
                     const Trust& trust);

// A head of spans: the list with most weight of votes (by `trust`), the earliest among equals. The
// offsets are those of one text: voices on other spellings of it must not be among these.
Belief believe_spans(Head head, std::span<const Voice> voices, const Trust& trust);

}  // namespace pawl::learn

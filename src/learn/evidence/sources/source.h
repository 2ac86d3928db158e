// A kind of statement: what it says of a head's label, and how often it is right. A source of one's
// own is a file like review.cc and a line in sources.cc.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "learn/evidence/distribution.h"
#include "learn/evidence/reliability.h"
#include "learn/evidence/statement.h"

namespace pawl::learn {

class Source {
 public:
  virtual ~Source() = default;

  // The label that it names for the head, if it names one.
  virtual std::optional<std::string> named(const Voice& voice, Head head) const;
  // Multiplies in how likely it is to say this under each label.
  virtual void weigh(const Voice& voice, Head head, const Trust& trust,
                     Scores& posterior) const = 0;
  // The label that it speaks for: the one it names, or the one it praises; none otherwise.
  virtual std::optional<std::string> speaks_for(const Voice& voice, Head head,
                                                const Trust& trust) const;
  // Whether weigh() would change anything.
  virtual bool has_say(const Voice& voice, Head head, const Trust& trust) const;
};

std::unique_ptr<Source> review_source();
std::unique_ptr<Source> correction_source();
std::unique_ptr<Source> teacher_source();
std::unique_ptr<Source> rating_source();
std::unique_ptr<Source> implicit_source();

// All of them, the strongest first: an author counts by the first that names a label.
std::span<const std::unique_ptr<Source>> all_sources();

// Not a source like the others: the live model's scores for the text, mixed with a share as large
// as the model is often wrong. Half of that share is for labels the model has never heard of, where
// somebody names one (`named`), since no score can speak for those; the rest goes to all alike, so
// that no label is impossible before the evidence is in. `answered`: labels that turns were
// answered with, by this model or an earlier one. `scores` may be empty: no model yet.
Scores prior_of(const Scores& scores, std::span<const std::string> named,
                std::span<const std::string> answered, const Trust& trust);

}  // namespace pawl::learn

// The operator's examples on their way into a tenant's first generation.
#pragma once

#include <vector>

#include "base/log.h"
#include "learn/data/dataset.h"
#include "pipeline/language.h"

namespace pawl::service {

// Without personal data, one for each text (a later line on the same text adds to the earlier one),
// with their splits. `names`, which may be null, finds persons; what the examples themselves call
// a person is one, too, unless nobody else could teach a head what a person is.
std::vector<learn::LabeledExample> first_examples(const std::vector<learn::LabeledExample>& given,
                                                  const Language* names, double validation_split,
                                                  Warnings& warnings);

// Throws Error(kInvalidInput) naming the head.
void refuse_too_many_labels(const std::vector<learn::LabeledExample>& examples);

// What will come of examples like these is said before anybody wonders: a label with few of them, a
// head with one label, a text with two labels (the later one counts).
void warn_of_thin_labels(const std::vector<learn::LabeledExample>& given, Warnings& warnings);

}  // namespace pawl::service

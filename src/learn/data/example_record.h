// Examples as the store keeps them.
#pragma once

#include "learn/data/dataset.h"
#include "store/records.h"

namespace pawl::learn {

// Throws Error(kFormat) for a record that none of these made. Heads that this program does not know
// are passed over.
LabeledExample from_record(const ExampleRecord& record);
// Without the tenant, origin and time, which the example does not know.
ExampleRecord to_record(const LabeledExample& example);

// The id of the version that a cycle makes of a text.
std::string version_id(const std::string& text_key, const std::string& cycle_id);

}  // namespace pawl::learn

// What decides a candidate's weights beside its examples: told in the manifest of the generation.
#pragma once

#include "base/json.h"
#include "learn/train/train_candidate.h"
#include "pipeline/language.h"

namespace pawl::learn {

// "seed", "instruction_set", "encoder" (fingerprint; null: the pipeline has none), and "settings"
// of the training. The version of the code stands beside it in every manifest.
Json this_program();

Json training_provenance(const Language& live, const CandidateOptions& options);

// "count" of these example versions and a "digest" over their ids, whose rows the store keeps:
// the same set, in any order, has the same digest.
Json dataset_provenance(std::vector<std::string> example_ids);

}  // namespace pawl::learn

// A trained candidate on the disk: what a training step leaves for those that follow, whoever runs
// them.
#pragma once

#include <optional>

#include "learn/train/train_candidate.h"

namespace pawl::learn {

// Of a head's candidate in the folder of its cycle.
std::string folder_name(Head head);

// The folder appears whole, in place of what stood there.
void save_candidate(Env& env, const Path& folder, const CandidateHead& candidate);

// Empty when there is none. What it reads (a shared tok2vec, sentence vectors) is that of `live`,
// which must outlive it, and of `encoder`.
std::optional<CandidateHead> load_candidate(Env& env, const Path& folder, Head head, Language& live,
                                            const EncoderLink& encoder);

}  // namespace pawl::learn

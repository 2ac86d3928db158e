// Authors' records as the store keeps them.
#pragma once

#include <string>

#include "learn/evidence/reputation.h"
#include "store/store.h"

namespace pawl::learn {

// The kind of document that holds an author's record; its id is the author's.
inline constexpr std::string_view kReputationKind = "reputation";

Reputations read_reputations(Transaction& transaction, const std::string& tenant);
void write_reputations(Transaction& transaction, const std::string& tenant, int64_t now,
                       const Reputations& reputations);

}  // namespace pawl::learn

// Authors' records as the store keeps them.
#pragma once

#include <string>

#include "learn/evidence/reputation.h"
#include "store/store.h"

namespace pawl::learn {

// The kind of document that holds an author's record; its id is the author's.
inline constexpr std::string_view kReputationKind = "reputation";

// Records that cannot be read are noted, if `damages` is given: their authors begin anew.
Reputations read_reputations(Transaction& transaction, const std::string& tenant,
                             Damages* damages = nullptr);
void write_reputations(Transaction& transaction, const std::string& tenant, int64_t now,
                       const Reputations& reputations);

}  // namespace pawl::learn

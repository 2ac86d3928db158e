// Stored rows that cannot be read, or say what nothing of ours ever wrote: they are passed over,
// and told in the quarantine, so that one row does not keep everything else from being learnt.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "learn/data/dataset.h"
#include "store/store.h"

namespace pawl::learn {

inline constexpr const char* kDamagedKind = "damaged";  // in the quarantine

struct Damage {
  std::string row;   // "turn, row 12": the store's sequence, as ids may be personal
  std::string what;  // what cannot be read of it
};
using Damages = std::vector<Damage>;

// Of a turn and what was said about it: nothing of it may be learnt from.
std::optional<Damage> damage_of(const TurnBundle& bundle);

// Those that can be read; the others are noted, if `damages` is one.
std::vector<LabeledExample> readable_examples(std::span<const ExampleRecord> records,
                                              Damages* damages = nullptr);

// Once for each row and reason.
void quarantine(Transaction& transaction, const std::string& tenant, const std::string& cycle_id,
                int64_t now, std::span<const Damage> damages);

}  // namespace pawl::learn

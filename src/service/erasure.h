// A person's data, removed from the store.
#pragma once

#include <string>
#include <vector>

#include "service/engine.h"

namespace pawl::service {

struct Erasure {
  ErasedCounts counts;
  // Whose weights have seen the person's words: what was learnt stays in them until they go.
  std::vector<std::string> generations;
};

// Removes what the person said, what was made of it, and the person's memories, and overwrites it
// on the disk. The audit trail says that it was done and by whom, not of whom.
Erasure erase_person(Engine& engine, const std::string& tenant, const std::string& user,
                     const std::string& actor);

}  // namespace pawl::service

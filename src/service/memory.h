// The workspace's memory: what is worth keeping beside the turns, found again by its words and, where
// the live pipeline has a sentence encoder, by what it means. Personal data is removed before
// anything is written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/engine.h"
#include "service/memory_search.h"

namespace pawl::service {

struct NewMemory {
  std::string content;
  std::string user_id;
  std::string memory_type = "insight";
  std::vector<std::string> tags;
  bool ai_generated = false;
  std::string metadata = "{}";  // JSON object
};

// Gives back the memory's id. Throws Error(kInvalidInput) naming the key.
std::string store_memory(Engine& engine, const std::string& tenant, NewMemory memory);
// The nearest first; the newest first for an empty query.
std::vector<FoundMemory> query_memories(Engine& engine, const std::string& tenant,
                                         const std::string& query, size_t limit);

// A turn whose answer was rated well becomes an answer that may be given again.
void remember_answer(Engine& engine, const std::string& tenant, const std::string& turn_id);
// The answer to the most similar question remembered, if it is similar enough.
std::optional<std::string> remembered_answer(Engine& engine, const std::string& tenant,
                                             const std::string& question);

}  // namespace pawl::service

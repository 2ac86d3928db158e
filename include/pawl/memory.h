// Where an assistant remembers: written to by the learner, and asked by the program.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pawl/engine.h"
#include "pawl/types.h"

PAWL_BEGIN_API

struct Memory {
  std::string id = {};  // given by the service
  std::string tenant_id = {}, user_id = {}, content = {};
  std::string memory_type = "insight";
  std::vector<std::string> tags = {};
  bool ai_generated = false;
  std::map<std::string, std::string> metadata = {};
  std::int64_t created_at = 0;
  double score = 0;  // of a query's answer: greater is nearer, 1 at most from workspace_memory()
};

// Called by several threads at once.
class MemoryService {
 public:
  virtual ~MemoryService() = default;
  // The id it has from now on.
  virtual std::string store(const Memory& memory) = 0;
  // The nearest first, at most `limit`.
  virtual std::vector<Memory> query(const std::string& tenant_id, const std::string& query,
                                    std::size_t limit) = 0;
};

// The memory of the engine's workspace: content, tags and metadata are cleaned of personal data
// before anything is written, and found again by their words (full-text search) and, where the live
// pipeline has a sentence encoder, by what they mean; the two orders are merged by reciprocal rank.
// Other processes see what one of them stores. Throws Error(kInvalidInput) for content that is empty or too long,
// Error(kNotFound) for a tenant that there is not. Keeps the engine alive.
std::shared_ptr<MemoryService> workspace_memory(const Engine& engine);

PAWL_END_API

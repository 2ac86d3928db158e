#include "pawl/memory.h"

#include "api/engine_impl.h"
#include "base/json.h"
#include "service/memory.h"

namespace pawl::v1 {
namespace {

std::map<std::string, std::string> metadata_of(const std::string& text) {
  std::map<std::string, std::string> out;
  const Json metadata = parse_json(text);
  if (!metadata.is_object()) return out;
  for (const auto& [key, value] : metadata.as_object())
    out[key] = value.is_string() ? value.as_string() : pawl::to_json(value);
  return out;
}

class WorkspaceMemory final : public MemoryService {
 public:
  explicit WorkspaceMemory(std::shared_ptr<service::Engine> engine) : engine_(std::move(engine)) {}

  std::string store(const Memory& memory) override {
    service::NewMemory kept;
    kept.content = memory.content;
    kept.user_id = memory.user_id;
    kept.memory_type = memory.memory_type;
    kept.tags = memory.tags;
    kept.ai_generated = memory.ai_generated;
    Json metadata = Json::object();
    for (const auto& [key, value] : memory.metadata) metadata[key] = value;
    kept.metadata = pawl::to_json(metadata);
    return service::store_memory(*engine_, memory.tenant_id, std::move(kept));
  }

  std::vector<Memory> query(const std::string& tenant_id, const std::string& query,
                            std::size_t limit) override {
    std::vector<Memory> out;
    for (service::FoundMemory& found : service::query_memories(*engine_, tenant_id, query, limit)) {
      Memory& memory = out.emplace_back();
      memory.id = std::move(found.memory_id);
      memory.tenant_id = std::move(found.tenant_id);
      memory.user_id = std::move(found.user_id);
      memory.content = std::move(found.content);
      memory.memory_type = std::move(found.memory_type);
      memory.tags = std::move(found.tags);
      memory.ai_generated = found.ai_generated;
      memory.metadata = metadata_of(found.metadata);
      memory.created_at = found.at;
      memory.score = found.score;
    }
    return out;
  }

 private:
  std::shared_ptr<service::Engine> engine_;
};

}  // namespace

std::shared_ptr<MemoryService> workspace_memory(const Engine& engine) {
  return std::make_shared<WorkspaceMemory>(
      std::shared_ptr<service::Engine>(engine.impl_, engine.impl_->engine.get()));
}

}  // namespace pawl::v1

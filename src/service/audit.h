// The audit trail: what is written there by use cases, and how it is read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/engine.h"

namespace pawl::service {

// Somebody read, or took along, what people said or weights that were made of it.
void record_read(Engine& engine, const std::string& tenant, const std::string& actor,
                 const std::string& kind, const std::string& subject);

struct AuditTrail {
  std::vector<EventRecord> events;    // the newest `limit`, oldest first
  std::optional<BrokenTrail> broken;  // empty: the trail is whole
};
// Every event's hash is checked.
AuditTrail audit_trail(Engine& engine, const std::string& tenant, size_t limit);

}  // namespace pawl::service

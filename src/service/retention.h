// What is older than the settings allow, removed.
#pragma once

#include <string>

#include "service/engine.h"

namespace pawl::service {

// The settings' times (privacy.keep_..._days), counted back from `now`.
RetentionLimits retention_limits(const Settings& settings, int64_t now);

// Removes what is older, and its bytes from the database; the audit trail says how much. Weights that
// were trained on it stay. Throws Error(kBusy) while a cycle of the tenant runs.
PrunedCounts prune(Engine& engine, const std::string& tenant, const std::string& actor,
                   bool dry_run = false);

// The same for every tenant, if that was not done for privacy.prune_hours; tenants at which a cycle
// runs are left for the next time.
void prune_when_due(Engine& engine, const std::string& actor);

}  // namespace pawl::service

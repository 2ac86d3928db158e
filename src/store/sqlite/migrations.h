// The schema, as numbered steps that only ever grow.
#pragma once

#include "store/sqlite/connection.h"

namespace pawl::sqlite {

// The version that this program writes.
int schema_version();

// Brings the file to schema_version() in one transaction; one that holds something is copied to
// schema_copy() first. Throws Error(kUnsupported) for a newer file and Error(kFormat) for a
// database of something else.
void migrate(Env& env, Connection& connection);

// Where the file is kept as it was when a program first migrated it from `version`.
Path schema_copy(const Path& file, int64_t version);

// The same checks without writing: throws Error(kUnsupported) when the file is older or newer.
void require_current_schema(Connection& connection);

}  // namespace pawl::sqlite

// Copies of a store that others use meanwhile.
#pragma once

#include "base/env.h"

namespace pawl {

// Writes what `from` holds at one moment to `to`, which must be absent; others read and write
// meanwhile, and nothing of what was deleted is in the copy. Mode 0600, flushed to the disk. Throws
// Error(kNotFound) where there is no store, Error(kIo) for a full disk.
void copy_sqlite_store(Env& env, const Path& from, const Path& to);

}  // namespace pawl

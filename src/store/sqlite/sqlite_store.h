// The store as one SQLite file in WAL mode: see docs/decisions/sqlite.md.
#pragma once

#include <memory>

#include "store/store.h"

namespace pawl {

struct SqliteOptions {
  bool create = true;           // false: Error(kNotFound) when the file is absent
  bool read_only = false;       // also what is opened when the disk is full or cannot be written
  int busy_timeout_ms = 20000;  // how long a writer waits for another one
};

// Opens or creates `file` with mode 0600, brings it to this program's schema in one transaction,
// and refuses one of a newer program (Error(kUnsupported)) or something else (Error(kFormat)).
std::unique_ptr<Store> open_sqlite_store(Env& env, const Path& file,
                                         const SqliteOptions& options = {});

}  // namespace pawl

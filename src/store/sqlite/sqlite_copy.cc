#include "store/sqlite/sqlite_copy.h"

#include "base/error.h"
#include "store/sqlite/connection.h"

namespace pawl {

namespace {

constexpr int kBusyTimeoutMs = 20000;

}  // namespace

void copy_sqlite_store(Env& env, const Path& from, const Path& to) {
  if (!env.exists(from)) throw Error(ErrorKind::kNotFound, from.string() + ": there is no store");
  if (env.exists(to))
    throw Error(ErrorKind::kInvalidInput, to.string() + ": exists; choose another file");
  env.write_file(to, "", false);  // SQLite fills an empty file, which has our mode
  {
    sqlite::Connection reader(from, sqlite::Access::kReadOnly, kBusyTimeoutMs);
    sqlite::Query(reader, "VACUUM INTO ?").bind(to.string()).run();
  }
  env.sync_file(to);
}

}  // namespace pawl

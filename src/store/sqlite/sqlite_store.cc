#include "store/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "base/error.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/pool.h"
#include "store/sqlite/transaction.h"

namespace pawl {

namespace sqlite {

std::unique_ptr<Connection> ConnectionPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return std::make_unique<Connection>(file_, access_, busy_timeout_ms_);
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

std::unique_lock<std::timed_mutex> ConnectionPool::writers_turn() {
  std::unique_lock lock(writer_, std::chrono::milliseconds(busy_timeout_ms_));
  if (!lock.owns_lock()) {
    throw Error(ErrorKind::kBusy, file_.string() + ": another thread is writing to it; try again");
  }
  return lock;
}

}  // namespace sqlite

namespace {

using sqlite::Access;
using sqlite::Connection;
using sqlite::Query;

class SqliteStore final : public Store {
 public:
  SqliteStore(const Path& file, Access access, int busy_timeout_ms)
      : pool_(file, access, busy_timeout_ms) {}

  std::unique_ptr<Transaction> begin_read() override {
    return std::make_unique<sqlite::SqliteTransaction>(pool_, pool_.take(),
                                                       std::unique_lock<std::timed_mutex>(), false);
  }

  std::unique_ptr<Transaction> begin_write() override {
    if (pool_.access() != Access::kReadWrite) {
      throw Error(ErrorKind::kIo,
                  "the workspace is open for reading only; nothing can be stored in it");
    }
    auto turn = pool_.writers_turn();
    return std::make_unique<sqlite::SqliteTransaction>(pool_, pool_.take(), std::move(turn), true);
  }

  std::vector<std::string> check() override {
    auto connection = pool_.take();
    std::vector<std::string> problems;
    {
      Query rows(*connection, "PRAGMA integrity_check");
      while (rows.step()) {
        const std::string line = rows.text();
        if (line != "ok") problems.push_back(line);
      }
    }
    pool_.give_back(std::move(connection));
    return problems;
  }

  void compact() override {
    const auto turn = pool_.writers_turn();
    auto connection = pool_.take();
    connection->execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
    pool_.give_back(std::move(connection));
  }

 private:
  sqlite::ConnectionPool pool_;
};

// SQLite gives its own files the mode of the main one.
void create_private_file(const Path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    throw Error(ErrorKind::kIo, "cannot create " + file.string() + ": " +
                                    std::generic_category().message(errno) +
                                    "; check that the folder can be written");
  }
  ::close(fd);
}

void refuse_unsafe_library() {
  if (sqlite::has_wal_reset_race(sqlite3_libversion_number())) {
    throw Error(ErrorKind::kUnsupported,
                std::string("SQLite ") + sqlite3_libversion() +
                    " can lose committed data (WAL-reset race); build with 3.51.3 or newer");
  }
}

// Asking is cheap; changing takes the file for oneself, which another process that opens it may
// delay.
void use_write_ahead_log(Connection& connection) {
  Query query(connection, "PRAGMA journal_mode=WAL");
  if (query.step() && query.text() == "wal") return;
  throw Error(ErrorKind::kIo,
              connection.file().string() +
                  " lies on a file system without shared memory, which SQLite's log "
                  "needs; choose a folder on a local disk");
}

// A folder that cannot be written offers no place for SQLite's shared memory. Then nobody writes
// there either, and the file can be read as it is, provided that no log waits beside it.
Access readable_access(Env& env, const Path& file) {
  Path log = file;
  log += "-wal";
  try {
    Connection probe(file, Access::kReadOnly, 1000);
    Query(probe, "SELECT count(*) FROM sqlite_schema").run();
    return Access::kReadOnly;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kIo || (env.exists(log) && !env.read_file(log).empty())) throw;
    return Access::kImmutable;
  }
}

}  // namespace

std::unique_ptr<Store> open_sqlite_store(Env& env, const Path& file, const SqliteOptions& options) {
  refuse_unsafe_library();
  const bool present = env.exists(file);
  if (!present && (!options.create || options.read_only)) {
    throw Error(ErrorKind::kNotFound, "there is no workspace at " + file.parent_path().string() +
                                          "; create one with 'pawl init'");
  }
  if (options.read_only) {
    const Access access = readable_access(env, file);
    Connection connection(file, access, options.busy_timeout_ms);
    sqlite::require_current_schema(connection);
    return std::make_unique<SqliteStore>(file, access, options.busy_timeout_ms);
  }
  if (!present) create_private_file(file);
  Connection connection(file, Access::kReadWrite, options.busy_timeout_ms);
  sqlite::migrate(connection, env.now_micros());
  use_write_ahead_log(connection);
  return std::make_unique<SqliteStore>(file, Access::kReadWrite, options.busy_timeout_ms);
}

}  // namespace pawl

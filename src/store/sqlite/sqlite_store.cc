#include "store/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "store/sqlite/lease.h"
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

// Whether the log was written to the main file and cut to nothing.
bool empty_log(Connection& connection) {
  constexpr int kTries = 50;
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    Query query(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (query.step() && query.integer() == 0) return true;
  }
  return false;
}

class SqliteStore final : public Store {
 public:
  // `why_read_only` is what writing is refused with.
  SqliteStore(Env& env, const Path& file, Access access, int busy_timeout_ms,
              std::string why_read_only = "")
      : env_(env),
        file_(file),
        pool_(file, access, busy_timeout_ms),
        why_read_only_(std::move(why_read_only)) {}

  std::unique_ptr<Transaction> begin_read() override {
    return std::make_unique<sqlite::SqliteTransaction>(pool_, pool_.take(),
                                                       std::unique_lock<std::timed_mutex>(), false);
  }

  std::unique_ptr<Transaction> begin_write() override {
    if (pool_.access() != Access::kReadWrite) throw Error(ErrorKind::kIo, why_read_only_);
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
    connection->execute("VACUUM");
    const bool emptied = empty_log(*connection);
    pool_.give_back(std::move(connection));
    if (!emptied) {
      throw Error(ErrorKind::kBusy, file_.string() +
                                        "-wal still holds what was removed, since somebody reads "
                                        "an older state; try again when that is over");
    }
    for (int version = 1; version < sqlite::schema_version(); ++version)
      env_.remove_all(sqlite::schema_copy(file_, version));
  }

  std::unique_ptr<Lease> acquire_lease(std::string_view tenant) override {
    return sqlite::acquire_lease(env_, *this, file_, std::string(tenant));
  }

 private:
  Env& env_;
  Path file_;
  sqlite::ConnectionPool pool_;
  std::string why_read_only_;
};

// Reading a pipe would wait for ever.
void refuse_what_is_no_file(const Path& file) {
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw Error(ErrorKind::kFormat, file.string() + " is no file, so it cannot be the database");
  }
}

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

// The file and its folder, in which SQLite keeps its log.
bool is_writable(const Path& file) {
  const Path folder = file.parent_path();
  return ::access(folder.empty() ? "." : folder.c_str(), W_OK) == 0 &&
         ::access(file.c_str(), W_OK) == 0;
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

std::unique_ptr<Store> open_for_reading(Env& env, const Path& file, int busy_timeout_ms,
                                        const std::string& reason) {
  const Access access = readable_access(env, file);
  Connection connection(file, access, busy_timeout_ms);
  sqlite::require_current_schema(connection);
  return std::make_unique<SqliteStore>(env, file, access, busy_timeout_ms, reason);
}

std::unique_ptr<Store> open_for_writing(Env& env, const Path& file, int busy_timeout_ms) {
  Connection connection(file, Access::kReadWrite, busy_timeout_ms);
  sqlite::migrate(env, connection);
  use_write_ahead_log(connection);
  return std::make_unique<SqliteStore>(env, file, Access::kReadWrite, busy_timeout_ms);
}

}  // namespace

std::unique_ptr<Store> open_sqlite_store(Env& env, const Path& file, const SqliteOptions& options) {
  refuse_unsafe_library();
  refuse_what_is_no_file(file);
  const bool present = env.exists(file);
  if (!present && (!options.create || options.read_only)) {
    throw Error(ErrorKind::kNotFound, "there is no workspace at " + file.parent_path().string() +
                                          "; create one with 'pawl init'");
  }
  const std::string stored_nothing = file.string() + ": nothing can be stored there, ";
  if (options.read_only)
    return open_for_reading(env, file, options.busy_timeout_ms,
                            stored_nothing + "it was opened for reading only");
  if (present && !is_writable(file)) {
    return open_for_reading(
        env, file, options.busy_timeout_ms,
        stored_nothing + "it can only be read; check its owner, its mode and the file system");
  }
  if (!present) create_private_file(file);
  try {
    return open_for_writing(env, file, options.busy_timeout_ms);
  } catch (const Error& error) {
    if (!present || error.kind() != ErrorKind::kIo) throw;
    // A full disk has no room for the log, but what is stored can still be read.
    try {
      return open_for_reading(env, file, options.busy_timeout_ms, error.what());
    } catch (const Error&) {
      throw error;
    }
  }
}

}  // namespace pawl

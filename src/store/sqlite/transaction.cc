#include "store/sqlite/transaction.h"

#include <sqlite3.h>

#include "base/error.h"
#include "store/sqlite/pool.h"

namespace pawl::sqlite {

SqliteTransaction::SqliteTransaction(ConnectionPool& pool, std::unique_ptr<Connection> connection,
                                     std::unique_lock<std::timed_mutex> writer, bool writable)
    : pool_(pool),
      connection_(std::move(connection)),
      writer_(std::move(writer)),
      writable_(writable) {
  connection_->execute(writable ? "BEGIN IMMEDIATE" : "BEGIN");
  // A reader's view begins with its first read: now.
  if (!writable) Query(*connection_, "SELECT value FROM sequence").run();
}

SqliteTransaction::~SqliteTransaction() {
  if (open_) {
    try {
      if (sqlite3_get_autocommit(connection_->handle()) == 0) connection_->execute("ROLLBACK");
    } catch (const Error&) {
      connection_.reset();  // closing it rolls back
    }
  }
  if (connection_) pool_.give_back(std::move(connection_));
}

void SqliteTransaction::commit() {
  if (!open_) throw Error(ErrorKind::kInternal, "a transaction was committed twice");
  connection_->execute("COMMIT");
  open_ = false;
  if (writer_.owns_lock()) writer_.unlock();
}

Connection& SqliteTransaction::writing() {
  if (!writable_ || !open_)
    throw Error(ErrorKind::kInternal, "a change outside of a write transaction");
  return *connection_;
}

int64_t SqliteTransaction::next_sequence() {
  Query query(writing(), "UPDATE sequence SET value = value + 1 RETURNING value");
  query.step();
  const int64_t value = query.integer();
  query.run();
  return value;
}

int64_t SqliteTransaction::changes() {
  return sqlite3_changes64(connection_->handle());
}

int64_t SqliteTransaction::high_water(std::string_view) {
  Query query(*connection_, "SELECT value FROM sequence");
  return query.step() ? query.integer() : 0;
}

}  // namespace pawl::sqlite

#include "store/sqlite/connection.h"

#include <sqlite3.h>

#include "base/error.h"

namespace pawl::sqlite {

bool has_wal_reset_race(int version) {
  if (version < 3007000 || version > 3051002) return false;
  const bool backport_44 = version >= 3044006 && version < 3045000;
  const bool backport_50 = version >= 3050007 && version < 3051000;
  return !backport_44 && !backport_50;
}

namespace {

ErrorKind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::kBusy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::kFormat;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOMEM:
      return ErrorKind::kIo;
    case SQLITE_TOOBIG:
      return ErrorKind::kInvalidInput;
    default:
      return ErrorKind::kInternal;
  }
}

std::string advice(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process is writing to it; try again";
    case SQLITE_FULL:
      return "the disk is full; free some space and try again, nothing was half stored";
    case SQLITE_IOERR:
      if (code == SQLITE_IOERR_SHMSIZE)  // the log's index cannot grow
        return "the disk is full; free some space and try again, nothing was half stored";
      return "the disk reported an error; nothing was half stored";
    case SQLITE_READONLY:
      return "it cannot be written; check its owner, its mode and the file system";
    case SQLITE_CANTOPEN:
      return "it cannot be opened; check that the folder exists and may be used";
    case SQLITE_CORRUPT:
      return "it is damaged; restore the workspace from a copy";
    case SQLITE_NOTADB:
      return "it is not a pawl database";
    default:
      return "";
  }
}

std::string quoted_uri(const Path& file, const char* parameters) {
  std::string uri = "file:";
  std::string path = std::filesystem::absolute(file).lexically_normal().string();
  // What follows two slashes would be the name of a host.
  while (path.starts_with("//")) path.erase(0, 1);
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      constexpr const char* kHex = "0123456789ABCDEF";
      uri += {'%', kHex[c >> 4 & 0xF], kHex[c & 0xF]};
    } else {
      uri.push_back(c);
    }
  }
  return uri + parameters;
}

}  // namespace

Connection::Connection(const Path& file, Access access, int busy_timeout_ms) : file_(file) {
  const int mode = access == Access::kReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const std::string uri = quoted_uri(file, access == Access::kImmutable ? "?immutable=1" : "");
  const int code =
      sqlite3_open_v2(uri.c_str(), &handle_, mode | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  try {
    if (code != SQLITE_OK) fail(code);
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, busy_timeout_ms);
    execute(
        "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"
        "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-8000");
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

void Connection::fail(int code) const {
  const std::string hint = advice(code);
  std::string message = file_.string() + ": ";
  if (!hint.empty()) message += hint + " (";
  message += handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  message += ", code " + std::to_string(code);
  if (!hint.empty()) message += ")";
  throw Error(kind_of(code), message);
}

void Connection::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

sqlite3_stmt* Connection::prepared(const char* sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) fail(code);
  statements_.emplace(sql, statement);
  return statement;
}

Query::Query(Connection& connection, const char* sql)
    : connection_(connection), statement_(connection.prepared(sql)) {}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::check(int code) {
  if (code != SQLITE_OK) connection_.fail(code);
}

bool Query::step() {
  column_ = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_.fail(code);
  return false;
}

void Query::run() {
  while (step()) {
  }
}

void Query::put(int64_t value) {
  check(sqlite3_bind_int64(statement_, ++parameter_, value));
}

void Query::put(size_t value) {
  constexpr auto kMax = static_cast<size_t>(INT64_MAX);
  put(static_cast<int64_t>(value < kMax ? value : kMax));
}

void Query::put(double value) {
  check(sqlite3_bind_double(statement_, ++parameter_, value));
}

// A copy is taken: callers bind temporaries.
void Query::put(std::string_view value) {
  const char* data = value.data() != nullptr ? value.data() : "";
  check(sqlite3_bind_text64(statement_, ++parameter_, data, value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
}

void Query::put(Blob value) {
  const char* data = value.bytes.data() != nullptr ? value.bytes.data() : "";
  check(sqlite3_bind_blob64(statement_, ++parameter_, data, value.bytes.size(), SQLITE_TRANSIENT));
}

void Query::put_null() {
  check(sqlite3_bind_null(statement_, ++parameter_));
}

bool Query::next_is_null() {
  if (sqlite3_column_type(statement_, column_) != SQLITE_NULL) return false;
  ++column_;
  return true;
}

int64_t Query::integer() {
  return sqlite3_column_int64(statement_, column_++);
}

double Query::real() {
  return sqlite3_column_double(statement_, column_++);
}

std::string Query::text() {
  const unsigned char* data = sqlite3_column_text(statement_, column_);
  const int size = sqlite3_column_bytes(statement_, column_++);
  if (data == nullptr) return "";
  return std::string(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
}

std::string Query::blob() {
  const void* data = sqlite3_column_blob(statement_, column_);
  const int size = sqlite3_column_bytes(statement_, column_++);
  if (data == nullptr) return "";
  return std::string(static_cast<const char*>(data), static_cast<size_t>(size));
}

std::optional<int64_t> Query::optional_integer() {
  if (next_is_null()) return std::nullopt;
  return integer();
}

std::optional<double> Query::optional_real() {
  if (next_is_null()) return std::nullopt;
  return real();
}

std::optional<std::string> Query::optional_text() {
  if (next_is_null()) return std::nullopt;
  return text();
}

}  // namespace pawl::sqlite

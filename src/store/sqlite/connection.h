// A thin, typed cover over one SQLite connection: errors become Error, statements are kept
// prepared.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/env.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pawl::sqlite {

// Versions 3.7.0 to 3.51.2, but for two backports, can lose a commit when a checkpoint of one
// connection overlaps a write of another (reported and fixed upstream as the WAL-reset race).
bool has_wal_reset_race(int version_number);

enum class Access { kReadWrite, kReadOnly, kImmutable };

// Used by one thread at a time.
class Connection {
 public:
  Connection(const Path& file, Access access, int busy_timeout_ms);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void execute(const char* sql);  // any number of statements, without results
  sqlite3_stmt* prepared(const char* sql);
  sqlite3* handle() const { return handle_; }
  const Path& file() const { return file_; }
  // Throws the Error that SQLite's code calls for.
  [[noreturn]] void fail(int code) const;

 private:
  Path file_;
  sqlite3* handle_ = nullptr;
  std::unordered_map<std::string_view, sqlite3_stmt*> statements_;
};

// Bytes bound as they are.
struct Blob {
  std::string_view bytes;
};

// One run of a statement. `sql` is a literal: statements are remembered by its text.
class Query {
 public:
  Query(Connection& connection, const char* sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  template <typename... Values>
  Query& bind(const Values&... values) {
    (put(values), ...);
    return *this;
  }
  bool step();  // true: a row is there
  void run();   // steps to the end

  int64_t integer();
  double real();
  std::string text();
  std::string blob();
  std::optional<int64_t> optional_integer();
  std::optional<double> optional_real();
  std::optional<std::string> optional_text();
  // The same columns in order: each call of the getters above reads the next one.
  void skip() { ++column_; }

 private:
  void put(int64_t value);
  void put(int value) { put(static_cast<int64_t>(value)); }
  void put(size_t value);
  void put(bool value) { put(static_cast<int64_t>(value)); }
  void put(double value);
  void put(std::string_view value);
  void put(const char* value) { put(std::string_view(value)); }
  void put(const std::string& value) { put(std::string_view(value)); }
  void put(Blob value);
  void put_null();
  template <typename T>
  void put(const std::optional<T>& value) {
    if (value)
      put(*value);
    else
      put_null();
  }
  bool next_is_null();
  void check(int code);

  Connection& connection_;
  sqlite3_stmt* statement_;
  int parameter_ = 0;
  int column_ = 0;
};

}  // namespace pawl::sqlite

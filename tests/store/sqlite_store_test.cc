#include "store/sqlite/sqlite_store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/migrations.h"
#include "tests/base/faulty_env.h"
#include "tests/store/schema_2.h"

namespace pawl {
namespace {

using sqlite::Access;
using sqlite::Connection;

class SqliteStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("pawl-sqlite-" + new_uuid(env_));
    env_.create_directories(folder_);
    file_ = folder_ / "pawl.db";
  }
  void TearDown() override { env_.remove_all(folder_); }

  std::string error_of(const SqliteOptions& options = {}) {
    try {
      auto store = open_sqlite_store(env_, file_, options);
      for (const std::string& problem : store->check()) return problem;
      store->begin_read()->turns_touched("t", {});
    } catch (const Error& e) {
      kind_ = e.kind();
      return e.what();
    }
    return "";
  }

  static TurnRecord turn_of(const std::string& id, std::string text = "hello") {
    TurnRecord turn;
    turn.tenant_id = "t";
    turn.turn_id = id;
    turn.user_id = "ann";
    turn.user_text = std::move(text);
    return turn;
  }

  Env& env_ = Env::real();
  Path folder_, file_;
  ErrorKind kind_ = ErrorKind::kInternal;
};

TEST_F(SqliteStoreTest, FilesArePrivate) {
  auto store = open_sqlite_store(env_, file_);
  write_to(*store, [](Transaction& tx) { tx.add_turn(turn_of("u1")); });
  for (const std::string& name : env_.list_directory(folder_)) {
    struct stat status;
    ASSERT_EQ(::stat((folder_ / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(SqliteStoreTest, AbsentOrForeignFilesAreRefused) {
  EXPECT_NE(error_of({.create = false}).find("pawl init"), std::string::npos);
  EXPECT_EQ(kind_, ErrorKind::kNotFound);
  env_.write_file(file_, std::string(5000, 'x'), false);
  EXPECT_NE(error_of(), "");
  EXPECT_EQ(kind_, ErrorKind::kFormat);
  env_.write_file(file_, "", false);
  Connection(file_, Access::kReadWrite, 100).execute("CREATE TABLE other (x)");
  EXPECT_NE(error_of().find("is not a pawl database"), std::string::npos);
}

TEST_F(SqliteStoreTest, ANewerWorkspaceIsRefusedAndLeftAsItIs) {
  {
    auto store = open_sqlite_store(env_, file_);
  }
  Connection(file_, Access::kReadWrite, 100).execute("INSERT INTO migrations VALUES (999, 0)");
  EXPECT_NE(error_of().find("newer pawl"), std::string::npos);
  EXPECT_EQ(kind_, ErrorKind::kUnsupported);
  EXPECT_NE(error_of({.read_only = true}).find("newer pawl"), std::string::npos);
}

TEST_F(SqliteStoreTest, AWorkspaceOfSchema2IsMigratedByOpeningItAndKeptAsItWas) {
  {
    env_.write_file(file_, "", false);
    Connection old(file_, Access::kReadWrite, 1000);
    old.execute(test::kSchema2);
    old.execute(test::kSchema2Rows);
  }
  auto store = open_sqlite_store(env_, file_);
  EXPECT_TRUE(store->check().empty());
  {
    auto tx = store->begin_read();
    EXPECT_EQ(tx->live("t")->generation_id, "g0002-bbbbbb");
    EXPECT_EQ(tx->generation("t", "g0001-aaaaaa")->rejected, "");
    EXPECT_EQ(tx->last_completed_cycle("t")->cycle_id, "c3");
    EXPECT_EQ(tx->count_looks("t", "intent", "c5"), 1);
    EXPECT_TRUE(tx->verdicts("t", "c2")[0].deployed);
    const auto outcomes = tx->outcomes("t", "c3", "intent", "w2", 9);
    ASSERT_EQ(outcomes.size(), 2u);
    EXPECT_EQ(outcomes[1].candidate, "d");
    EXPECT_EQ(tx->counters("t").at("curation.named"), 7);
    EXPECT_EQ(tx->counters("t").at("curation.unnamed"), 1);
    EXPECT_TRUE(tx->turn("t", "u1"));
    EXPECT_EQ(tx->examples("t", {}).size(), 1u);
    EXPECT_FALSE(tx->lease("t"));
  }
  // The copy is private, and what the old program would open.
  const Path copy = sqlite::schema_copy(file_, 2);
  struct stat status;
  ASSERT_EQ(::stat(copy.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  {
    Connection old(copy, Access::kReadOnly, 1000);
    sqlite::Query rows(old, "SELECT max(version), (SELECT count(*) FROM cycles) FROM migrations");
    ASSERT_TRUE(rows.step());
    EXPECT_EQ(rows.integer(), 2);
    EXPECT_EQ(rows.integer(), 4);
  }
  store->compact();
  EXPECT_FALSE(env_.exists(copy));
}

TEST_F(SqliteStoreTest, AMigrationThatFailsLeavesNothing) {
  env_.write_file(file_, "", false);
  Connection connection(file_, Access::kReadWrite, 100);
  connection.execute("PRAGMA max_page_count=6");
  EXPECT_THROW(sqlite::migrate(env_, connection), Error);
  sqlite::Query tables(connection, "SELECT count(*) FROM sqlite_schema");
  ASSERT_TRUE(tables.step());
  EXPECT_EQ(tables.integer(), 0);
}

TEST_F(SqliteStoreTest, VersionsWithTheWalResetRaceAreKnown) {
  for (const int bad : {3007000, 3040001, 3044005, 3045000, 3050006, 3051000, 3051002}) {
    EXPECT_TRUE(sqlite::has_wal_reset_race(bad)) << bad;
  }
  for (const int good : {3044006, 3050007, 3051003, 3053002}) {
    EXPECT_FALSE(sqlite::has_wal_reset_race(good)) << good;
  }
}

TEST_F(SqliteStoreTest, DamageIsReportedNotServed) {
  {
    auto store = open_sqlite_store(env_, file_);
    write_to(*store, [](Transaction& tx) {
      for (int i = 0; i < 200; ++i)
        tx.add_turn(turn_of("u" + std::to_string(i), std::string(500, 'a')));
    });
  }
  const std::string whole = env_.read_file(file_);
  int noticed = 0, tried = 0;
  for (size_t page = 0; page + 4096 <= whole.size(); page += 4096 * 3) {
    std::string damaged = whole;
    for (size_t i = 0; i < 64; ++i) damaged[page + i] = static_cast<char>(damaged[page + i] ^ 0xFF);
    env_.write_file(file_, damaged, false);
    ++tried;
    noticed += error_of() != "";
  }
  EXPECT_GE(noticed, tried - 2);
  env_.write_file(file_, whole.substr(0, whole.size() / 2), false);
  EXPECT_NE(error_of(), "");
}

TEST_F(SqliteStoreTest, AFullDiskIsSaidAndNothingIsHalfStored) {
  auto store = open_sqlite_store(env_, file_);
  write_to(*store, [](Transaction& tx) { tx.add_turn(turn_of("before")); });
  // A limit on file size makes the log's growth fail as a full disk does.
  struct rlimit old;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit tight = {1 << 20, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  std::string said;
  try {
    write_to(*store, [](Transaction& tx) {
      for (int i = 0; i < 100; ++i)
        tx.add_turn(turn_of("u" + std::to_string(i), std::string(60000, 'b')));
    });
  } catch (const Error& e) {
    said = e.what();
    EXPECT_EQ(e.kind(), ErrorKind::kIo);
  }
  ::setrlimit(RLIMIT_FSIZE, &old);
  ::signal(SIGXFSZ, handler);
  EXPECT_NE(said.find("nothing was half stored"), std::string::npos) << said;
  EXPECT_EQ(store->begin_read()->count_turns("t", {}), 1);
  write_to(*store, [](Transaction& tx) { tx.add_turn(turn_of("after")); });
  EXPECT_EQ(store->begin_read()->count_turns("t", {}), 2);
  EXPECT_TRUE(store->check().empty());
}

TEST_F(SqliteStoreTest, AReadOnlyWorkspaceCanBeReadAndRefusesWrites) {
  {
    auto store = open_sqlite_store(env_, file_);
    write_to(*store, [](Transaction& tx) { tx.add_turn(turn_of("u1")); });
  }
  auto store = open_sqlite_store(env_, file_, {.read_only = true});
  EXPECT_TRUE(store->begin_read()->turn("t", "u1"));
  try {
    store->begin_write();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kIo);
  }
}

TEST_F(SqliteStoreTest, AnotherProcessReadsWhileOneWrites) {
  auto store = open_sqlite_store(env_, file_);
  auto writing = store->begin_write();
  writing->add_turn(turn_of("u1"));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int code = 1;
    try {
      auto other = open_sqlite_store(Env::real(), file_, {.busy_timeout_ms = 200});
      const bool sees_nothing = !other->begin_read()->turn("t", "u1");
      bool busy = false;
      try {
        other->begin_write();
      } catch (const Error& e) {
        busy = e.kind() == ErrorKind::kBusy;
      }
      code = sees_nothing && busy ? 0 : 2;
    } catch (const std::exception&) {
    }
    ::_exit(code);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  writing->commit();
}

TEST_F(SqliteStoreTest, AKilledWriterLosesNothingThatWasAcknowledged) {
  {
    auto store = open_sqlite_store(env_, file_);
  }
  for (int round = 0; round < 15; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = open_sqlite_store(Env::real(), file_);
      for (int i = 0;; ++i) {
        write_to(*store, [&](Transaction& tx) {
          const std::string id = std::to_string(round) + "-" + std::to_string(i);
          tx.add_turn(turn_of("a" + id));
          tx.add_turn(turn_of("b" + id));
        });
        if (::write(pipe_ends[1], &i, sizeof(i)) != sizeof(i)) ::_exit(1);
      }
    }
    ::close(pipe_ends[1]);
    int last = -1, value = 0;
    for (int seen = 0; seen <= round * 2 && ::read(pipe_ends[0], &value, sizeof(value)) > 0;
         ++seen) {
      last = value;
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    while (::read(pipe_ends[0], &value, sizeof(value)) == sizeof(value)) last = value;
    ::close(pipe_ends[0]);

    auto store = open_sqlite_store(env_, file_);
    auto tx = store->begin_read();
    for (int i = 0; i <= last; ++i) {
      EXPECT_TRUE(tx->turn("t", "b" + std::to_string(round) + "-" + std::to_string(i)));
    }
    const std::string next = std::to_string(round) + "-" + std::to_string(last + 1);
    EXPECT_EQ(tx->turn("t", "a" + next).has_value(), tx->turn("t", "b" + next).has_value());
  }
  EXPECT_TRUE(open_sqlite_store(env_, file_)->check().empty());
}

TEST_F(SqliteStoreTest, TheLeaseOfADeadProcessIsFreeAtOnceThatOfALivingOneInItsTime) {
  {
    auto store = open_sqlite_store(env_, file_);
  }
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto other = open_sqlite_store(Env::real(), file_);
    const auto lease = other->acquire_lease("t");
    const char byte = lease != nullptr;
    if (::write(ready[1], &byte, 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 1);
  test::FaultyEnv clock;
  auto store = open_sqlite_store(clock, file_);
  EXPECT_EQ(store->acquire_lease("t"), nullptr);
  const auto before = *store->begin_read()->lease("t");
  clock.clock_offset = int64_t{16} * 60 * 1000000;
  EXPECT_NE(store->acquire_lease("t"), nullptr);  // and is let go of at once
  clock.clock_offset = 0;
  write_to(*store, [&](Transaction& tx) { tx.take_lease("t", before.owner, INT64_MAX); });
  EXPECT_EQ(store->acquire_lease("t"), nullptr);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_NE(store->acquire_lease("t"), nullptr);
  EXPECT_TRUE(env_.list_directory(folder_ / "locks").empty());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(SqliteStoreTest, ALeaseIsRenewedWhenATenthOfItsTimeIsOver) {
  test::FaultyEnv clock;
  auto store = open_sqlite_store(clock, file_);
  const auto lease = store->acquire_lease("t");
  const int64_t first = store->begin_read()->lease("t")->expires_at;
  lease->renew();
  EXPECT_EQ(store->begin_read()->lease("t")->expires_at, first);
  clock.clock_offset = int64_t{10} * 60 * 1000000;
  lease->renew();
  EXPECT_GT(store->begin_read()->lease("t")->expires_at, first);
  write_to(*store, [](Transaction& tx) { tx.take_lease("t", "another", 0); });
  clock.clock_offset *= 2;
  EXPECT_THROW(lease->renew(), Error);
}

TEST_F(SqliteStoreTest, AChangedEventBreaksTheChain) {
  {
    auto store = open_sqlite_store(env_, file_);
    write_to(*store, [](Transaction& tx) {
      for (int i = 0; i < 3; ++i) tx.add_event({"t", i, "cli", "k", "s", "{}", "", 0});
    });
  }
  Connection(file_, Access::kReadWrite, 100)
      .execute("UPDATE events SET actor = 'eve' WHERE at = 1");
  auto store = open_sqlite_store(env_, file_);
  EXPECT_EQ(store->begin_read()->verify_events("t")->sequence, 2);
}

TEST_F(SqliteStoreTest, WhatWasErasedIsGoneFromEveryByte) {
  auto store = open_sqlite_store(env_, file_);
  const std::string canary = "xylophone-canary-7731";
  write_to(*store, [&](Transaction& tx) {
    for (int i = 0; i < 50; ++i) tx.add_turn(turn_of("u" + std::to_string(i), canary));
  });
  write_to(*store, [](Transaction& tx) { tx.erase_user("t", "ann"); });
  store->compact();
  for (const std::string& name : env_.list_directory(folder_)) {
    EXPECT_EQ(env_.read_file(folder_ / name).find(canary), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace pawl

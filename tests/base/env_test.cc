#include "base/env.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "base/error.h"

namespace pawl {
namespace {

class EnvTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() / ("pawl-env-" + new_uuid(env_));
    env_.create_directories(root_);
  }
  void TearDown() override { env_.remove_all(root_); }

  mode_t mode_of(const Path& path) {
    struct stat status;
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 0777;
  }

  Env& env_ = Env::real();
  Path root_;
};

TEST_F(EnvTest, FilesRoundTripWithPrivateModes) {
  const std::string bytes(300000, '\x01');
  env_.create_directories(root_ / "a/b");
  env_.write_file(root_ / "a/b/file", bytes, true);
  EXPECT_EQ(env_.read_file(root_ / "a/b/file"), bytes);
  EXPECT_EQ(mode_of(root_ / "a/b/file"), 0600u);
  EXPECT_EQ(mode_of(root_ / "a"), 0700u);
  env_.create_directories(root_ / "a/b");
  env_.write_file(root_ / "empty", "", false);
  EXPECT_EQ(env_.read_file(root_ / "empty"), "");
}

TEST_F(EnvTest, ErrorsNameThePath) {
  try {
    env_.read_file(root_ / "absent");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kNotFound);
    EXPECT_NE(std::string(e.what()).find((root_ / "absent").string()), std::string::npos);
  }
  EXPECT_THROW(env_.read_file(root_), Error);
  EXPECT_THROW(env_.list_directory(root_ / "absent"), Error);
  env_.write_file(root_ / "file", "x", false);
  EXPECT_THROW(env_.create_directories(root_ / "file/below"), Error);
  EXPECT_FALSE(env_.exists(root_ / "file/below"));
}

TEST_F(EnvTest, ReadsStopAtTheLimit) {
  env_.write_file(root_ / "file", "12345", false);
  EXPECT_EQ(env_.read_file(root_ / "file", {.max_bytes = 5}), "12345");
  EXPECT_THROW(env_.read_file(root_ / "file", {.max_bytes = 4}), Error);
}

TEST_F(EnvTest, BytesThatAreLetGoAreThoseOfTheFile) {
  for (const size_t size : {0u, 1u, 5'000'000u}) {
    const std::string bytes(size, 'b');
    env_.write_file(root_ / "file", bytes, false);
    EXPECT_EQ(env_.read_bytes(root_ / "file").view(), bytes);
  }
  EXPECT_THROW(env_.read_bytes(root_ / "file", {.max_bytes = 4'999'999}), Error);
  EXPECT_THROW(env_.read_bytes(root_ / "absent"), Error);
  EXPECT_THROW(env_.read_bytes(root_), Error);
  EXPECT_GT(env_.read_bytes("/proc/self/status").size(), 0u);  // says that it has no size
}

TEST_F(EnvTest, ListsAreSortedAndRefuseLinks) {
  env_.create_directories(root_ / "b/c");
  env_.write_file(root_ / "b/c/z", "", false);
  env_.write_file(root_ / "b/y", "", false);
  env_.write_file(root_ / "a", "", false);
  EXPECT_EQ(env_.list_files(root_), (std::vector<std::string>{"a", "b/c/z", "b/y"}));
  EXPECT_EQ(env_.list_directory(root_), (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(::symlink("/etc/hostname", (root_ / "b/link").c_str()), 0);
  EXPECT_THROW(env_.list_files(root_), Error);
}

TEST_F(EnvTest, AtomicWritesReplaceAndLeaveNothingBehind) {
  write_file_atomically(env_, root_ / "file", "old");
  write_file_atomically(env_, root_ / "file", "new");
  EXPECT_EQ(env_.read_file(root_ / "file"), "new");
  EXPECT_THROW(write_file_atomically(env_, root_ / "absent/file", "x"), Error);
  env_.create_directories(root_ / "folder/full");
  EXPECT_THROW(write_file_atomically(env_, root_ / "folder", "x"), Error);
  EXPECT_EQ(env_.list_directory(root_), (std::vector<std::string>{"file", "folder"}));
}

TEST_F(EnvTest, OneHolderALock) {
  auto first = FileLock::try_acquire(root_ / "lock");
  ASSERT_TRUE(first);
  EXPECT_FALSE(FileLock::try_acquire(root_ / "lock"));
  first.reset();
  EXPECT_TRUE(FileLock::try_acquire(root_ / "lock"));
  EXPECT_THROW(FileLock::try_acquire(root_ / "absent/lock"), Error);
}

TEST(Time, FormatsAndParsesBack) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999Z");
  for (const int64_t micros : {int64_t{0}, int64_t{1795435200123456}, int64_t{-62135596800000000},
                               int64_t{253402300799999999}, int64_t{951782400000000}}) {
    EXPECT_EQ(parse_time(format_time(micros)), micros);
  }
}

TEST(Time, AcceptsTheCommonForms) {
  const int64_t noon = parse_time("2026-11-22T12:00:00Z");
  for (const char* text : {"2026-11-22T12:00:00", "2026-11-22 12:00", "2026-11-22T14:00:00+02:00",
                           "2026-11-22T06:30:00-0530", "2026-11-22t12:00:00.000z"}) {
    EXPECT_EQ(parse_time(text), noon) << text;
  }
  EXPECT_EQ(parse_time("2026-11-22T12:00:00.1234567Z") - noon, 123456);
  EXPECT_EQ(parse_time("2026-11-22") + int64_t{12} * 3600 * 1000000, noon);
}

TEST(Time, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "now", "2026", "2026-13-01", "2026-02-30", "2026-11-22T24:00:00Z",
        "2026-11-22T12:00:00.Z", "2026-11-22T12:00:00Zx", "2026-11-22T12:00:00+2"}) {
    EXPECT_THROW(parse_time(text), Error) << text;
  }
}

TEST(Uuid, AreVersionSevenDistinctAndSortedByTime) {
  std::set<std::string> seen;
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = new_uuid(Env::real());
    ASSERT_EQ(id.size(), 36u);
    EXPECT_EQ(id[14], '7');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
    EXPECT_TRUE(seen.insert(id).second);
    EXPECT_GE(id.substr(0, 18), last);
    last = id.substr(0, 18);
  }
}

}  // namespace
}  // namespace pawl

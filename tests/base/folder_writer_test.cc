#include "base/folder_writer.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/base/faulty_env.h"

namespace pawl {
namespace {

class FolderWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() / ("pawl-folder-" + new_uuid(Env::real()));
    env_.create_directories(root_);
    target_ = root_ / "target";
  }
  void TearDown() override { env_.remove_all(root_); }

  void write(const std::string& content, bool replace = true) {
    write_folder_atomically(env_, target_,
                            [&](const Path& folder) {
                              env_.create_directories(folder / "below");
                              env_.write_file(folder / "below/a", content, false);
                              env_.write_file(folder / "b", content, false);
                            },
                            {.replace = replace});
  }

  // "": absent; "damaged": neither the one nor the other.
  std::string content() {
    if (!env_.exists(target_)) return "";
    if (env_.list_files(target_) != std::vector<std::string>{"b", "below/a"}) return "damaged";
    const std::string b = env_.read_file(target_ / "b");
    return env_.read_file(target_ / "below/a") == b ? b : "damaged";
  }

  void expect_whole_after_every_fault() {
    write("old");
    const int64_t before = env_.changes;
    write("old");
    const int64_t needed = env_.changes - before;
    ASSERT_GT(needed, 5);
    for (int64_t fail_at = 0; fail_at < needed; ++fail_at) {
      env_.changes_left = fail_at;
      EXPECT_THROW(write("new"), Error) << fail_at;
      env_.changes_left = -1;
      sweep_folder_leftovers(env_, root_);
      const bool last_sync = content() == "new";
      EXPECT_TRUE(last_sync || content() == "old") << fail_at << ": " << content();
      EXPECT_EQ(env_.list_directory(root_).size(), 1u) << fail_at;
      write("old");
    }
  }

  test::FaultyEnv env_;
  Path root_, target_;
};

TEST_F(FolderWriterTest, AFaultAfterAnyChangeLeavesTheOldFolderOrTheNewOne) {
  expect_whole_after_every_fault();
}

TEST_F(FolderWriterTest, SoItDoesWhereEntriesCannotBeSwapped) {
  env_.can_exchange = false;
  expect_whole_after_every_fault();
}

TEST_F(FolderWriterTest, WithoutReplaceWhatStandsThereStays) {
  write("old", false);
  EXPECT_THROW(write("new", false), Error);
  EXPECT_EQ(content(), "old");
  EXPECT_EQ(env_.list_directory(root_).size(), 1u);
  env_.remove_all(target_);
  env_.create_directories(target_);
  write("new", false);
  EXPECT_EQ(content(), "new");
}

TEST_F(FolderWriterTest, TheNextWriterRemovesWhatAKilledOneLeftAndNothingElse) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    write_folder_atomically(env_, target_, [](const Path&) { ::raise(SIGKILL); });
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(env_.list_directory(root_).size(), 1u);
  env_.create_directories(root_ / "target.tmp-of-mine");
  write_folder_atomically(env_, target_, [&](const Path& folder) {
    env_.write_file(folder / "b", "x", false);
    // Another writer of the same target leaves this one alone.
    write_folder_atomically(env_, root_ / "target-2", [](const Path&) {});
    EXPECT_EQ(sweep_folder_leftovers(env_, root_), 0u);
  });
  EXPECT_EQ(env_.list_directory(root_),
            (std::vector<std::string>{"target", "target-2", "target.tmp-of-mine"}));
}

// Where two entries cannot be swapped, a kill may fall between two renames.
TEST_F(FolderWriterTest, ATargetThatWasMovedAsideIsPutBack) {
  write("old");
  env_.rename(target_, target_.string() + ".old-" + new_uuid(env_));
  EXPECT_EQ(content(), "");
  sweep_folder_leftovers(env_, root_, "target");
  EXPECT_EQ(content(), "old");
}

TEST_F(FolderWriterTest, ARemovedFolderLeavesNothing) {
  write("old");
  remove_folder_atomically(env_, target_);
  EXPECT_TRUE(env_.list_directory(root_).empty());
}

}  // namespace
}  // namespace pawl

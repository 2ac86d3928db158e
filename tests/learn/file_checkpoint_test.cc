#include "learn/train/file_checkpoint.h"

#include <gtest/gtest.h>

#include "base/env.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::learn {
namespace {

using test::TemporaryFolder;

class FileCheckpointTest : public testing::Test {
 protected:
  std::string loaded() { return FileCheckpoint(Env::real(), file_).load(); }

  TemporaryFolder folder_;
  Path file_ = folder_.path() / "cycle" / "intent.checkpoint";
};

TEST_F(FileCheckpointTest, HoldsWhatWasSavedLastUntilItIsRemoved) {
  EXPECT_EQ(loaded(), "");
  FileCheckpoint checkpoint(Env::real(), file_, std::chrono::milliseconds(0));
  EXPECT_TRUE(checkpoint.is_due());
  checkpoint.save("first");
  checkpoint.save(std::string("second\0", 7));
  EXPECT_EQ(loaded(), std::string("second\0", 7));
  checkpoint.remove();
  EXPECT_EQ(loaded(), "");
  EXPECT_FALSE(FileCheckpoint(Env::real(), file_, std::chrono::hours(1)).is_due());
}

TEST_F(FileCheckpointTest, WhatIsCutOffOrDamagedAnywhereIsNone) {
  FileCheckpoint(Env::real(), file_).save("weights of many updates");
  const std::string whole = Env::real().read_file(file_);
  for (size_t i = 0; i < whole.size(); ++i) {
    Env::real().write_file(file_, whole.substr(0, i), false);
    EXPECT_EQ(loaded(), "") << "cut off at " << i;
    std::string zeroed = whole;
    zeroed[i] = '\0';
    Env::real().write_file(file_, zeroed, false);
    EXPECT_EQ(loaded(), "") << "zero at " << i;
  }
}

}  // namespace
}  // namespace pawl::learn

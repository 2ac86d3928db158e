#include "service/backup.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "base/error.h"
#include "store/sqlite/sqlite_copy.h"
#include "tests/service/service_fixture.h"

namespace pawl::service {
namespace {

class BackupTest : public ServiceTest {
 protected:
  EngineOptions options_of(const Path& folder) {
    EngineOptions opened = options();
    opened.folder = folder;
    return opened;
  }
  Answer<WorkspaceCopy> copy_to(const Path& target) {
    return copy_workspace(
        env_, options(),
        [](Env& env, const Path& from, const Path& to) {
          copy_sqlite_store(env, from / "pawl.db", to / "pawl.db");
        },
        target);
  }
};

std::string state_of(const std::vector<Analysis>& analyses) {
  std::string out;
  for (const Analysis& a : analyses)
    out += a.generation + a.intent + std::to_string(a.intent_confidence) + a.sentiment + "\n";
  return out;
}

TEST_F(BackupTest, ACopyAnswersTheSameAndGoesOnByItself) {
  init();
  const std::vector<std::string> texts = {"the job fails", "hello there dear page", "well"};
  Engine engine(env_, options());
  const Tenant tenant = engine.tenant("default");
  for (int i = 0; i < 8; ++i)
    tenant.collect(turn("c" + std::to_string(i), "the printer fails again", "debug_error"));
  const auto copied = copy_to(folder_ / "copy");
  EXPECT_EQ(copied.value.tenants, 1u);
  EXPECT_EQ(copied.value.generations, 1u);
  EXPECT_TRUE(copied.warnings.empty());
  tenant.collect(turn("later", "not in the copy"));

  Engine other(env_, options_of(folder_ / "copy"));
  const Tenant there = other.tenant("default");
  EXPECT_EQ(state_of(analyze(there, texts)), state_of(analyze(tenant, texts)));
  EXPECT_EQ(there.status().turns, 8u);
  EXPECT_EQ(tenant.status().turns, 9u);
  EXPECT_EQ(there.learn(true, Progress::silent()).value.status, "completed");
  EXPECT_TRUE(engine.store().check().empty());
}

TEST_F(BackupTest, WhatTheOperatorWroteIsInTheCopy) {
  init();
  const Path workspace = options().folder;
  const std::array<const char*, 4> written = {"pawl.toml", "personas.txt", "templates/default.txt",
                                              "prompts/enhance.txt"};
  for (const char* name : written) {
    env_.create_directories((workspace / name).parent_path());
    env_.write_file(workspace / name, std::string("# ") + name + "\n", false);
  }
  copy_to(folder_ / "copy");
  for (const char* name : written)
    EXPECT_EQ(env_.read_file(folder_ / "copy" / name), std::string("# ") + name + "\n");
}

TEST_F(BackupTest, CopiesTakenWhileOthersWriteAndLearnAllAnswer) {
  init();
  EngineOptions opened = options();
  opened.settings.set("learning.keep_generations", SettingValue(int64_t{2}), "test");
  Engine engine(env_, opened);
  std::atomic<bool> stop{false};
  std::thread people([&] {
    for (int i = 0; !stop; ++i) {
      engine.tenant("default").collect(
          turn("c" + std::to_string(i), "the printer fails " + std::to_string(i), "debug_error"));
    }
  });
  std::thread cycles([&] {
    while (!stop) engine.tenant("default").learn(true, Progress::silent());
  });
  for (int i = 0; i < 5; ++i) {
    const Path folder = folder_ / ("copy" + std::to_string(i));
    const auto before = engine.tenant("default").status().turns;
    EXPECT_TRUE(copy_to(folder).warnings.empty());
    Engine other(env_, options_of(folder));
    const auto answers = analyze(other.tenant("default"), {"the job fails"});
    EXPECT_FALSE(answers[0].degraded);
    EXPECT_GE(other.tenant("default").status().turns, before);
    EXPECT_TRUE(other.store().check().empty());
  }
  stop = true;
  people.join();
  cycles.join();
}

TEST_F(BackupTest, AFolderInUseIsLeftAloneAndNothingHalfIsLeft) {
  init();
  Engine engine(env_, options());
  env_.create_directories(folder_ / "taken");
  env_.write_file(folder_ / "taken" / "notes.txt", "mine", false);
  EXPECT_THROW(copy_to(folder_ / "taken"), Error);
  env_.fails_for = "generations";
  env_.fault = "Input/output error";
  EXPECT_THROW(copy_to(folder_ / "copy"), Error);
  env_.fault.clear();
  for (const std::string& name : env_.list_directory(folder_.path()))
    EXPECT_FALSE(name.starts_with("copy")) << name;
  EXPECT_EQ(env_.list_directory(folder_ / "taken").size(), 1u);
}

}  // namespace
}  // namespace pawl::service

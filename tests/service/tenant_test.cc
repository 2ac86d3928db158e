#include "service/tenant.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/service/service_fixture.h"

namespace pawl::service {
namespace {

using TenantTest = ServiceTest;

ErrorKind kind_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::kInternal;
}

TEST_F(TenantTest, AnAnalysisComesFromTheLiveGeneration) {
  init();
  Engine engine(env_, options());
  const auto answer = engine.tenant("default").analyze(std::vector<std::string>{"the job fails"});
  EXPECT_TRUE(answer.warnings.empty());
  ASSERT_EQ(answer.value.size(), 1u);
  EXPECT_EQ(answer.value[0].intent, "debug_error");
  EXPECT_EQ(answer.value[0].generation, engine.tenant("default").status().live.generation);
  EXPECT_FALSE(answer.value[0].degraded);
}

TEST_F(TenantTest, AnErrorThatPassesIsToldAndDoesNotStay) {
  init();
  Engine engine(env_, options());
  env_.fails_for = "generations";
  env_.fault = "Too many open files";
  EXPECT_EQ(kind_of([&] { analyze(engine.tenant("default"), {"the job fails"}); }), ErrorKind::kIo);
  env_.fault.clear();
  const auto answer = analyze(engine.tenant("default"), {"the job fails"});
  EXPECT_FALSE(answer[0].degraded);
  EXPECT_FALSE(answer[0].generation.empty());
}

TEST_F(TenantTest, ALoadedModelGoesOnDegradedWhileItsSuccessorCannotBeRead) {
  init();
  EngineOptions opened = options();
  opened.live_models.check_every = std::chrono::milliseconds(0);
  opened.live_models.retry_after = std::chrono::milliseconds(0);
  Engine engine(env_, opened);
  const Tenant tenant = engine.tenant("default");
  const std::string first = analyze(tenant, {"hello"})[0].generation;
  learn::Generations generations(env_, engine.store(), engine.folder(), "default");
  learn::NewGeneration made;
  made.parent_id = first;
  const std::string second =
      generations
          .publish(made,
                   [&](const Path& folder) {
                     engine.live_models().get("default")->nlp->to_disk(env_, folder);
                   })
          .generation_id;
  ASSERT_EQ(generations.activate({second, "deploy", "test"}, first), learn::Activation::kLive);
  env_.fails_for = second;
  env_.fault = "Permission denied";
  const auto held = tenant.analyze(std::vector<std::string>{"hello"});
  EXPECT_EQ(held.value[0].generation, first);
  EXPECT_TRUE(held.value[0].degraded);
  EXPECT_FALSE(held.warnings.empty());
  env_.fault.clear();
  const auto after = tenant.analyze(std::vector<std::string>{"hello"});
  EXPECT_EQ(after.value[0].generation, second);
  EXPECT_FALSE(after.value[0].degraded);
  EXPECT_TRUE(after.warnings.empty());
}

TEST_F(TenantTest, ACollectorHoldsItsModelWhileOthersSwapIt) {
  init();
  Engine engine(env_, options());
  const Tenant tenant = engine.tenant("default");
  const auto stream = tenant.collect_stream();
  stream->add_turn(1, turn("c1", "the job fails", "debug_error"));
  stream->flush();
  tenant.learn(true, Progress::silent());
  stream->add_turn(2, turn("c2", "hello there"));
  stream->flush();
  EXPECT_EQ(stream->summary().accepted, 2u);
}

TEST_F(TenantTest, OneTurnIsDurableWhenItsCallReturns) {
  init();
  Engine engine(env_, options());
  const auto collected = engine.tenant("default").collect(turn("c1", "the job fails")).value;
  EXPECT_TRUE(collected.stored);
  EXPECT_FALSE(collected.known);
  Engine other(env_, options());
  EXPECT_TRUE(other.store().begin_read()->turn("default", collected.turn_id));
  learn::FeedbackInput feedback;
  feedback.turn_id = collected.turn_id;
  feedback.satisfaction_score = 0.5;
  EXPECT_EQ(other.tenant("default").feedback(feedback).value.turn_id, collected.turn_id);
}

TEST_F(TenantTest, WhatCannotBeStoredIsRefusedByItsOwnCall) {
  init();
  Engine engine(env_, options());
  const Tenant tenant = engine.tenant("default");
  learn::TurnInput nothing;
  nothing.consent = true;
  EXPECT_EQ(kind_of([&] { tenant.collect(nothing); }), ErrorKind::kInvalidInput);
  learn::TurnInput silent = turn("c1", "keep this to yourself");
  silent.consent = false;
  const auto kept = tenant.collect(silent).value;
  EXPECT_FALSE(kept.stored);
  EXPECT_EQ(kept.turn_id, "");
  EXPECT_EQ(kind_of([&] { engine.tenant("nobody").collect(turn("c", "x")); }),
            ErrorKind::kNotFound);
}

TEST_F(TenantTest, AFailedInitLeavesNoExamples) {
  EngineOptions given = options();
  InitOptions init = first_examples();
  init.settings_file = "x = 1";
  // The folder of generations cannot be made: publishing fails after training.
  env_.create_directories(given.folder);
  env_.write_file(given.folder / "generations", "in the way", false);
  EXPECT_THROW(init_workspace(env_, given, "default", init, Progress::silent()), Error);
  const auto store = open_sqlite_store(env_, given.folder / "pawl.db");
  EXPECT_TRUE(store->begin_read()->examples("default", {}).empty());
  env_.remove_all(given.folder / "generations");
  init.settings_file.reset();
  init.examples.resize(4);
  init_workspace(env_, given, "default", init, Progress::silent());
  EXPECT_EQ(store->begin_read()->examples("default", {}).size(), 4u);
}

TEST_F(TenantTest, TenantsAreThoseWithAGeneration) {
  init();
  Engine engine(env_, options());
  engine.add_tenant("acme", first_examples(), Progress::silent());
  EXPECT_EQ(engine.tenants(), (std::vector<std::string>{"acme", "default"}));
  EXPECT_EQ(kind_of([&] { engine.add_tenant("acme", first_examples(), Progress::silent()); }),
            ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace pawl::service

#include "service/erasure.h"
#include "tests/service/service_fixture.h"

namespace pawl::service {
namespace {

class ErasureWatchTest : public ServiceTest {
 protected:
  void erase_in_another_process(const std::string& tenant, const std::string& user) {
    Engine other(env_, options());
    erase_person(other, tenant, user, "operator", Progress::silent());
  }
  static size_t kept(Engine& engine, const std::string& tenant) {
    return engine.live_models().get(tenant)->recent->size();
  }
};

TEST_F(ErasureWatchTest, WhatAnotherProcessErasesIsForgottenHere) {
  init();
  init("other");
  Engine engine(env_, options());
  ErasureWatch watch(engine);
  engine.tenant("default").collect(turn("c1", "the zeppelin of Ann Other fails"));
  analyze(engine.tenant("default"), {"the zeppelin of Ann Other fails"});
  analyze(engine.tenant("other"), {"the page fails"});
  const auto before = engine.live_models().get("default");
  EXPECT_TRUE(watch.look().empty());
  ASSERT_GT(kept(engine, "default"), 0u);

  erase_in_another_process("default", "u-c1");
  EXPECT_GT(kept(engine, "default"), 0u);  // no weights had seen it: the same generation is live
  EXPECT_EQ(watch.look(), std::vector<std::string>{"default"});
  EXPECT_EQ(kept(engine, "default"), 0u);
  EXPECT_NE(engine.live_models().get("default"), before);
  EXPECT_EQ(engine.live_models().get("default")->generation, before->generation);
  EXPECT_GT(kept(engine, "other"), 0u);
  EXPECT_TRUE(watch.look().empty());
}

}  // namespace
}  // namespace pawl::service

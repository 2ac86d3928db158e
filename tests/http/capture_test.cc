#include "http/gateway/capture.h"

#include <gtest/gtest.h>

#include <thread>

#include "learn/intake/collect.h"
#include "tests/service/service_fixture.h"

namespace pawl::http {
namespace {

class CaptureTest : public service::ServiceTest {
 protected:
  static SeenTurn seen(const std::string& conversation, const std::string& id) {
    SeenTurn seen;
    seen.tenant = "default";
    seen.turn = service::turn(conversation, "the printer fails again, " + id);
    seen.turn.turn_id = id;
    seen.answer =
        R"({"choices": [{"message": {"role": "assistant", "content": "turn it off and on"}, "finish_reason": "stop"}]})";
    return seen;
  }
  static bool is_stored(service::Engine& engine, const std::string& id) {
    return read_from(engine.store(),
                     [&](Transaction& t) { return t.turn("default", id).has_value(); });
  }
  static double count(Metrics& metrics, const char* outcome) {
    return static_cast<double>(metrics
                                   .counter("pawl_gateway_turns_total",
                                            "Turns seen by the gateway, by what became of them.",
                                            {{"outcome", outcome}})
                                   .value());
  }

  Metrics metrics_;
  EventLog log_{env_, {.file = (folder_ / "log").string()}};
};

TEST_F(CaptureTest, WhatIsSpokenOfIsStoredAtOnceWithItsConversationHoweverManyWait) {
  init();
  service::Engine engine(env_, options());
  Capture capture(engine, metrics_, log_, {});
  for (int i = 0; i < 2000; ++i)
    capture.add(seen("other-" + std::to_string(i), "o-" + std::to_string(i)));
  capture.add(seen("mine", "first"));
  capture.add(seen("mine", "second"));
  const std::vector<TurnsOf> about = {{.tenant = "default", .turn_id = "second"},
                                      {.tenant = "another", .turn_id = "o-1999"}};
  capture.settle(about);
  EXPECT_TRUE(is_stored(engine, "first") && is_stored(engine, "second"));
  EXPECT_FALSE(is_stored(engine, "o-1999"));
}

TEST_F(CaptureTest, WhatHasNoTimeLeftIsCountedAndNothingElseIsLost) {
  init();
  service::Engine engine(env_, options());
  constexpr int kTurns = 3000;
  {
    Capture capture(engine, metrics_, log_, {.stop_within = Duration::zero()});
    for (int i = 0; i < kTurns; ++i)
      capture.add(seen("c-" + std::to_string(i), "t-" + std::to_string(i)));
  }
  EXPECT_GT(count(metrics_, "dropped"), 0);
  EXPECT_EQ(count(metrics_, "dropped") + count(metrics_, "handed_on"), kTurns);
  EXPECT_EQ(static_cast<double>(engine.tenant("default").status().turns),
            count(metrics_, "handed_on"));
}

TEST_F(CaptureTest, AStopThatHasTimeStoresEverything) {
  init();
  service::Engine engine(env_, options());
  {
    Capture capture(engine, metrics_, log_, {.stop_within = std::chrono::minutes(10)});
    for (int i = 0; i < 300; ++i)
      capture.add(seen("c-" + std::to_string(i), "t-" + std::to_string(i)));
  }
  EXPECT_EQ(count(metrics_, "dropped"), 0);
  EXPECT_EQ(engine.tenant("default").status().turns, 300u);
}

TEST_F(CaptureTest, WhatPilesUpIsStoredToo) {
  init();
  service::Engine engine(env_, options());
  Capture capture(engine, metrics_, log_, {.max_waiting = 400});
  const auto stored = [this](int wanted) {
    for (int i = 0; i < 3000 && count(metrics_, "handed_on") < wanted; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return count(metrics_, "handed_on");
  };
  capture.add(seen("first", "first"));
  ASSERT_EQ(stored(1), 1);  // both threads wait now
  for (int i = 0; i < 300; ++i)
    capture.add(seen("c-" + std::to_string(i), "t-" + std::to_string(i)));
  EXPECT_EQ(stored(301), 301);
  EXPECT_EQ(count(metrics_, "dropped"), 0);
}

}  // namespace
}  // namespace pawl::http

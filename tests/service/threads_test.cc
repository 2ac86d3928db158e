// Eight threads on one engine: `make tsan` runs this.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "tests/service/service_fixture.h"

namespace pawl::service {
namespace {

constexpr int kThreads = 8;

const std::vector<std::string>& texts() {
  static const std::vector<std::string> texts = {"the job fails with an error", "hello dear friend",
                                                 "an error in the page", "hello there server"};
  return texts;
}

std::vector<std::string> intents_of(const std::vector<Analysis>& analyses) {
  std::vector<std::string> intents;
  for (const auto& a : analyses) intents.push_back(a.intent);
  return intents;
}

class ThreadsTest : public ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    init();
    EngineOptions opened = options();
    opened.live_models.check_every = std::chrono::milliseconds(1);
    engine_ = std::make_unique<Engine>(env_, opened);
  }

  // A second generation of the tenant, which says the opposite of the first.
  std::string publish_opposite() {
    InitOptions swapped = first_examples();
    for (auto& e : swapped.examples) {
      std::string& intent = e.heads.at(learn::Head::kIntent).label;
      intent = intent == "debug_error" ? "casual_chat" : "debug_error";
    }
    engine_->add_tenant("opposite", swapped, Progress::silent());
    learn::Generations generations(env_, engine_->store(), engine_->folder(), "default");
    learn::NewGeneration made;
    made.parent_id = engine_->tenant("default").status().live.generation;
    const auto model = engine_->live_models().get("opposite");
    return generations.publish(made, [&](const Path& folder) { model->nlp->to_disk(env_, folder); })
        .generation_id;
  }

  // As a cycle does that found something better, and prunes to two generations.
  void deploy_a_child(Engine& engine) {
    learn::Generations generations(env_, engine.store(), engine.folder(), "default");
    const auto model = engine.live_models().refresh("default");
    learn::NewGeneration made;
    made.parent_id = model->generation;
    const auto child =
        generations.publish(made, [&](const Path& to) { model->nlp->to_disk(env_, to); });
    generations.back_up(model->generation);
    generations.activate({child.generation_id, "deploy", "soak"}, model->generation);
    generations.prune(2, 30);
  }

  template <typename Work>
  static void in_threads(Work work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
    for (auto& thread : threads) thread.join();
  }

  std::unique_ptr<Engine> engine_;
};

TEST_F(ThreadsTest, AnswersUnderSwapsAreThoseOfTheGenerationTheyName) {
  const Tenant tenant = engine_->tenant("default");
  const std::string first = tenant.status().live.generation;
  const std::string second = publish_opposite();
  std::map<std::string, std::vector<std::string>> expected;
  for (const auto& id : {second, first}) {
    tenant.rollback(id, "test");
    const auto alone = tenant.analyze(texts()).value;
    EXPECT_EQ(alone[0].generation, id);
    expected[id] = intents_of(alone);
  }
  ASSERT_NE(expected[first], expected[second]);
  std::atomic<bool> stop = false;
  std::atomic<int> answers = 0, wrong = 0, seconds = 0;
  std::thread swaps([&] {
    for (int i = 0; i < 12; ++i) tenant.rollback(i % 2 == 0 ? second : first, "test");
    stop = true;
  });
  in_threads([&](int) {
    while (!stop) {
      const auto answer = tenant.analyze(texts()).value;
      const std::string id = answer[0].generation;
      wrong += intents_of(answer) != expected.at(id) || answer[0].degraded;
      seconds += id == second;
      ++answers;
    }
  });
  swaps.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(answers, kThreads);
  EXPECT_GT(seconds, 0);
}

TEST_F(ThreadsTest, EveryUseCaseGoesOnBesideEveryOther) {
  const Tenant tenant = engine_->tenant("default");
  std::atomic<int> collected = 0, failed = 0;
  in_threads([&](int thread) {
    try {
      for (int i = 0; i < 6; ++i) {
        const std::string id = std::to_string(thread) + "-" + std::to_string(i);
        const auto stored =
            tenant.collect(turn(id, "the job " + id + " fails", "debug_error")).value;
        collected += stored.stored && !stored.known;
        learn::FeedbackInput feedback;
        feedback.turn_id = stored.turn_id;
        feedback.satisfaction_score = 0.5;
        tenant.feedback(feedback);
        tenant.analyze(texts());
        tenant.status();
        tenant.generations();
        tenant.cycles(5);
        engine_->tenants();
        engine_->change_setting("learning.max_examples_per_user", SettingValue(int64_t{20}));
      }
      if (thread == 0) tenant.learn(true, Progress::silent());
    } catch (const Error&) {
      ++failed;
    }
  });
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(collected, kThreads * 6);
  EXPECT_EQ(tenant.status().turns, static_cast<uint64_t>(kThreads * 6));
}

// PAWL_SOAK_SECONDS=120 for the long run (`make soak`).
std::chrono::milliseconds soak_time() {
  const char* given = std::getenv("PAWL_SOAK_SECONDS");
  return std::chrono::milliseconds(
      given != nullptr ? static_cast<int64_t>(1000 * std::strtod(given, nullptr)) : 2000);
}

// Two engines on one workspace, as two processes are: readers never get an answer by rules, and no
// verb fails, whatever goes live, is taken back, or is archived beside them.
TEST_F(ThreadsTest, ReadersCyclesAndRollbacksGoOnSideBySide) {
  EngineOptions kept = options();
  kept.settings.set("learning.keep_generations", SettingValue(int64_t{2}), "test");
  engine_.reset();
  Engine learner(env_, kept), reader(env_, kept);
  const Tenant learning = learner.tenant("default"), reading = reader.tenant("default");
  std::atomic<bool> stop = false;
  std::atomic<int> answers = 0, by_rules = 0, cycles = 0, backs = 0;
  std::mutex mutex;
  std::vector<std::string> failures;
  const auto go_on = [&](auto work) {
    try {
      while (!stop) work();
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex);
      failures.emplace_back(error.what());
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const Tenant& tenant = i % 2 == 0 ? reading : learning;
      go_on([&] {
        for (const auto& a : tenant.analyze(texts()).value) by_rules += a.generation.empty();
        ++answers;
      });
    });
  }
  threads.emplace_back([&] {
    int n = 0;
    go_on([&] {
      for (int i = 0; i < 12; ++i, ++n) {
        const std::string id = std::to_string(n);
        learning.collect(turn("s" + id, "the job " + id + " fails", "debug_error"));
      }
      const auto result = learning.learn(true, Progress::silent()).value;
      if (result.status == "failed") throw std::runtime_error(result.error_message);
      ++cycles;
      deploy_a_child(learner);
    });
  });
  threads.emplace_back([&] {
    go_on([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      try {
        reading.rollback("", "soak");
        ++backs;
      } catch (const Error& error) {
        // The first generation is live: there is nothing to go back to.
        if (error.kind() != ErrorKind::kNotFound) throw;
      }
    });
  });
  std::this_thread::sleep_for(soak_time());
  const auto failed = [&] {
    const std::lock_guard lock(mutex);
    return !failures.empty();
  };
  // On a slow machine until there was something of everything.
  for (int i = 0; i < 600 && (cycles == 0 || backs == 0) && !failed(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(by_rules, 0);
  EXPECT_EQ(failures, std::vector<std::string>());
  EXPECT_GT(answers, 8);
  EXPECT_GT(cycles, 0);
  EXPECT_GT(backs, 0);
  std::printf("%d answers beside %d cycles and %d rollbacks\n", answers.load(), cycles.load(),
              backs.load());
}

TEST_F(ThreadsTest, OfTwoCyclesAtOnceOneIsToldThatTheOtherRuns) {
  const Tenant tenant = engine_->tenant("default");
  tenant.collect(turn("c1", "the job fails", "debug_error"));
  std::atomic<int> done = 0, busy = 0;
  in_threads([&](int) {
    try {
      tenant.learn(true, Progress::silent());
      ++done;
    } catch (const Error& error) {
      busy += error.kind() == ErrorKind::kBusy;
    }
  });
  EXPECT_GE(done, 1);
  EXPECT_EQ(done + busy, kThreads);
}

}  // namespace
}  // namespace pawl::service

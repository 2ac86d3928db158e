// What a learning cycle costs beside its training, in a small and a large workspace.
//
// usage: pawl_cycle_bench [FRESH [SMALL LARGE]]   (100, 1000, 200000)
//
// Both workspaces hold so many turns of earlier cycles, a tenth of them with feedback, and a live
// pipeline that is small on purpose. Five times FRESH corrected turns arrive and a cycle runs, in
// the two alternately. Prints a JSON line each, and at last the ratio of the medians.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "learn/cycle/cycle.h"
#include "learn/data/split.h"
#include "store/sqlite/sqlite_store.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace {

using namespace pawl;
using namespace pawl::learn;

constexpr const char* kWords[] = {"rain in", "alarm at", "songs by"};
constexpr const char* kLabels[] = {"rain", "alarm", "music"};
constexpr int kRounds = 5;

void add_turn(Transaction& t, size_t i, bool judged) {
  const std::string n = std::to_string(i);
  TurnRecord turn;
  turn.tenant_id = "t";
  turn.turn_id = "turn-" + n;
  turn.conversation_id = "talk-" + n;
  turn.user_id = "user-" + n;
  turn.user_text = std::string(kWords[i % 3]) + " place" + n + " and more words of " + n;
  turn.text_key = text_key(turn.user_text);
  t.add_turn(turn);
  EvidenceRecord evidence;
  evidence.tenant_id = "t";
  evidence.turn_id = turn.turn_id;
  evidence.head = "intent";
  evidence.source = "self";
  evidence.value = kLabels[(i + 1) % 3];
  evidence.score = 0.6;
  t.add_evidence(evidence);
  if (!judged) return;
  FeedbackRecord feedback;
  feedback.tenant_id = "t";
  feedback.feedback_id = "f-" + n;
  feedback.turn_id = turn.turn_id;
  feedback.author = turn.user_id;
  feedback.corrected_intent = kLabels[i % 3];
  t.add_feedback(feedback);
  evidence.source = "correction";
  evidence.value = kLabels[i % 3];
  evidence.author = turn.user_id;
  t.add_evidence(evidence);
}

class Bench {
 public:
  explicit Bench(size_t stored) : next_(stored) {
    store_ = open_sqlite_store(Env::real(), folder_.path() / "pawl.db");
    for (size_t from = 0; from < stored; from += 10000) {
      write_to(*store_, [&](Transaction& t) {
        for (size_t i = from; i < std::min(stored, from + 10000); ++i) add_turn(t, i, i % 10 == 0);
      });
    }
    write_to(*store_, [&](Transaction& t) {
      CycleRecord done;
      done.tenant_id = "t";
      done.cycle_id = "before";
      done.status = "completed";
      done.finished_at = 1;
      done.to_sequence = t.high_water("t");
      t.put_cycle(done);
    });
    auto live = test::tiny_blank();
    live->add_pipe("intent", test::component_block(test::kTinyBow));
    std::vector<LabeledExample> seeds(3);
    for (size_t i = 0; i < 3; ++i) {
      seeds[i].text = kWords[i];
      seeds[i].heads[Head::kIntent].label = kLabels[i];
    }
    Rng rng(1);
    find_head(*live, Head::kIntent)
        ->initialize(to_examples(seeds, Head::kIntent, *live), rng, Progress::silent());
    Generations generations(Env::real(), *store_, folder_.path(), "t");
    const auto first =
        generations.publish({}, [&](const Path& to) { live->to_disk(Env::real(), to); });
    generations.activate({first.generation_id, "init", "bench"}, "");
  }

  // Seconds of a cycle without its training.
  double run(size_t fresh) {
    write_to(*store_, [&](Transaction& t) {
      for (size_t i = 0; i < fresh; ++i) add_turn(t, next_++, true);
    });
    CycleSettings settings;
    settings.candidate.train.n_iter = 1;
    settings.candidate.train.min_updates = 1;
    settings.candidate.scratch_limit = 0;
    for (const Head head : all_heads()) settings.thresholds[head] = 0.5;
    Generations generations(Env::real(), *store_, folder_.path(), "t");
    LearningCycle cycle(Env::real(), *store_, generations, settings);
    CycleRequest request;
    request.tenant = "t";
    Warnings warnings;
    const CycleResult result = cycle.run(request, Progress::silent(), warnings);
    if (result.status != "completed" || result.data_collected != fresh)
      throw Error(ErrorKind::kInternal, "the cycle did not learn: " + result.reason);
    double seconds = 0;
    for (const auto& [step, s] : result.timings) {
      if (step != "train" && step != "total") seconds += s;
    }
    std::printf("{\"turns\": %zu, \"seconds\": %.4f}\n", next_ - fresh, seconds);
    std::fflush(stdout);
    return seconds;
  }

 private:
  test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
  size_t next_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, size_t otherwise) {
    return argc > i ? static_cast<size_t>(std::strtoull(argv[i], nullptr, 10)) : otherwise;
  };
  try {
    const size_t fresh = number(1, 100);
    Bench small(number(2, 1000)), large(number(3, 200000));
    std::vector<double> of_small, of_large;
    for (int i = 0; i < kRounds; ++i) {
      of_small.push_back(small.run(fresh));
      of_large.push_back(large.run(fresh));
    }
    std::printf("{\"ratio\": %.2f}\n", median(of_large) / median(of_small));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}

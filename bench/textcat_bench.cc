// Trains a text classifier on one thread and measures it.
//
// usage: pawl_textcat_bench PIPELINE_DIR NAME TRAIN.jsonl DEV.jsonl PASSES BATCH DROPOUT SEED
//
// PIPELINE_DIR holds an initialised pipeline; lines are {"text", "label"}. Training goes through
// the lines in their order, PASSES times, in batches of BATCH. Prints one JSON line:
// {"words", "seconds", "cpu_seconds", "words_per_second", "loss", "accuracy", "latency_p50_us",
//  "latency_p99_us"}; seconds are those of training, latency that of tokenising and classifying
// one text of DEV alone.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "nn/optimizer.h"
#include "pipeline/language.h"

namespace {

using namespace pawl;

struct Line {
  std::string text;
  std::string label;
};

std::vector<Line> read_lines(const Path& path) {
  std::vector<Line> out;
  std::istringstream lines(Env::real().read_file(path));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const Json json = parse_json(line);
    out.push_back({json.at("text").as_string(), json.at("label").as_string()});
  }
  return out;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Training {
  size_t words = 0;
  double seconds = 0.0;
  double cpu = 0.0;
  double loss = 0.0;  // of the last pass
};

Training train(TrainableComponent& component, std::vector<Example>& examples, int passes,
               size_t batch, double dropout, uint64_t seed) {
  nn::Adam adam;
  Rng rng(seed);
  const UpdateOptions options{.dropout = dropout, .optimizer = &adam, .rng = &rng};
  Training out;
  const auto start = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  for (int pass = 0; pass < passes; ++pass) {
    Losses losses;
    for (size_t i = 0; i < examples.size(); i += batch) {
      const size_t n = std::min(batch, examples.size() - i);
      component.update(std::span(examples).subspan(i, n), options, losses);
    }
    for (const Example& example : examples) out.words += example.predicted.size();
    out.loss = losses[component.name()];
  }
  adam.settle(component.model());
  out.seconds = seconds_since(start);
  out.cpu = cpu_seconds() - cpu;
  component.weights_changed();
  return out;
}

std::string best_label(const Doc& doc) {
  const auto& cats = doc.cats();
  return std::max_element(cats.begin(), cats.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

double accuracy(const Language& nlp, const Component& component, const std::vector<Line>& lines) {
  size_t right = 0;
  for (const Line& line : lines) {
    Doc doc = nlp.make_doc(line.text);
    component.predict({&doc, 1});
    if (best_label(doc) == line.label) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(lines.size());
}

std::vector<double> latencies(const Language& nlp, const Component& component,
                              const std::vector<Line>& lines) {
  std::vector<double> out;
  for (size_t i = 0; i < 3000; ++i) {
    const auto start = std::chrono::steady_clock::now();
    Doc doc = nlp.make_doc(lines[i % lines.size()].text);
    component.predict({&doc, 1});
    out.push_back(seconds_since(start) * 1e6);
  }
  std::sort(out.begin(), out.end());
  return out;
}

void run(char** argv) {
  auto nlp = Language::from_disk(Env::real(), argv[1]);
  TrainableComponent* component = nlp->find_trainable(argv[2]);
  if (!component) throw Error(ErrorKind::kNotFound, std::string("no component ") + argv[2]);
  std::vector<Example> examples;
  for (const Line& line : read_lines(argv[3])) {
    Example example;
    example.predicted = nlp->make_doc(line.text);
    example.cats = {{line.label, 1.0f}};
    examples.push_back(std::move(example));
  }
  const auto dev = read_lines(argv[4]);
  const Training training =
      train(*component, examples, std::atoi(argv[5]), static_cast<size_t>(std::atoi(argv[6])),
            std::atof(argv[7]), static_cast<uint64_t>(std::atoll(argv[8])));
  const auto times = latencies(*nlp, *component, dev);
  const double words = static_cast<double>(training.words);
  std::cout << to_json(Json(Json::Object{{"words", Json(static_cast<uint64_t>(training.words))},
                                         {"seconds", Json(training.seconds)},
                                         {"cpu_seconds", Json(training.cpu)},
                                         {"words_per_second", Json(words / training.cpu)},
                                         {"loss", Json(training.loss)},
                                         {"accuracy", Json(accuracy(*nlp, *component, dev))},
                                         {"latency_p50_us", Json(times[times.size() / 2])},
                                         {"latency_p99_us", Json(times[times.size() * 99 / 100])}}))
            << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9) {
    std::fprintf(stderr,
                 "usage: pawl_textcat_bench PIPELINE_DIR NAME TRAIN.jsonl DEV.jsonl PASSES BATCH "
                 "DROPOUT SEED\n");
    return 2;
  }
  try {
    run(argv);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

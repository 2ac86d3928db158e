// Runs and trains an entity recogniser on one thread and measures it.
//
// usage: pawl_ner_bench predict PIPELINE_DIR TEXTS.jsonl SECONDS
//        pawl_ner_bench train PIPELINE_DIR TRAIN.jsonl DEV.jsonl PASSES BATCH DROPOUT SEED
//
// PIPELINE_DIR holds a pipeline whose only component is "ner" (for `train` it is initialised anew);
// lines are {"text", "entities": [[start, end, label], ...]}. Prints one JSON line.
//   predict: {"words", "seconds", "words_per_second", "latency_p50_us", "latency_p90_us",
//             "latency_p99_us"}: tokenising and recognising, all texts in batches, then each text
//             alone; repeated for at least SECONDS of processor time.
//   train:   {"words", "seconds", "words_per_second", "loss", "precision", "recall", "f"}
// Seconds are processor time; latency is wall-clock time.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "nn/optimizer.h"
#include "pipeline/language.h"

namespace {

using namespace pawl;

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

std::vector<Json> read_lines(const std::string& path) {
  std::istringstream in(Env::real().read_file(path));
  std::vector<Json> out;
  for (std::string line; std::getline(in, line);) out.push_back(parse_json(line));
  return out;
}

double percentile(std::vector<double>& sorted, double share) {
  return sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))];
}

Json predict(char** argv) {
  const auto nlp = Language::from_disk(Env::real(), argv[2]);
  std::vector<std::string> texts;
  for (const Json& line : read_lines(argv[3])) texts.push_back(line.at("text").as_string());
  nlp->pipe(std::span(texts).first(std::min<size_t>(texts.size(), 100)));
  size_t words = 0;
  const double begin = cpu_seconds();
  double seconds = 0;
  for (; seconds < std::stod(argv[4]); seconds = cpu_seconds() - begin) {
    for (const Doc& doc : nlp->pipe(texts)) words += doc.size();
  }
  std::vector<double> times;
  for (const std::string& text : texts) {
    const auto start = std::chrono::steady_clock::now();
    const Doc doc = (*nlp)(text);
    const std::chrono::duration<double, std::micro> taken =
        std::chrono::steady_clock::now() - start;
    times.push_back(taken.count());
  }
  std::sort(times.begin(), times.end());
  Json out = Json::object();
  out["words"] = static_cast<int64_t>(words);
  out["seconds"] = seconds;
  out["words_per_second"] = static_cast<double>(words) / seconds;
  out["latency_p50_us"] = percentile(times, 0.5);
  out["latency_p90_us"] = percentile(times, 0.9);
  out["latency_p99_us"] = percentile(times, 0.99);
  return out;
}

std::vector<Example> make_examples(const Language& nlp, const std::string& path) {
  std::vector<Example> out;
  for (const Json& line : read_lines(path)) {
    Example example;
    example.predicted = nlp.make_doc(line.at("text").as_string());
    example.has_entities = true;
    for (const Json& entity : line.at("entities").as_array()) {
      const auto& fields = entity.as_array();
      const auto [start, end] = example.predicted.char_span(
          static_cast<uint32_t>(fields[0].as_int()), static_cast<uint32_t>(fields[1].as_int()));
      if (start < end) {
        example.entities.push_back({start, end, nlp.vocab().strings().add(fields[2].as_string())});
      }
    }
    out.push_back(std::move(example));
  }
  return out;
}

void score(const Language& nlp, const std::string& path, Json& out) {
  size_t right = 0;
  size_t given = 0;
  size_t wanted = 0;
  for (const Example& example : make_examples(nlp, path)) {
    std::set<std::tuple<uint32_t, uint32_t, StringId>> gold;
    for (const Span& span : example.entities) gold.emplace(span.start, span.end, span.label);
    const Doc doc = nlp(example.predicted.text());
    for (const Span& span : doc.entities()) {
      right += gold.count({span.start, span.end, span.label});
      ++given;
    }
    wanted += gold.size();
  }
  const auto ratio = [](size_t part, size_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  out["precision"] = ratio(right, given);
  out["recall"] = ratio(right, wanted);
  out["f"] = ratio(2 * right, given + wanted);
}

Json train(char** argv) {
  auto nlp = Language::from_disk(Env::real(), argv[2]);
  TrainableComponent& ner = *nlp->find_trainable("ner");
  std::vector<Example> examples = make_examples(*nlp, argv[3]);
  const auto passes = std::stoul(argv[5]);
  const auto batch = std::stoul(argv[6]);
  Rng rng(std::stoull(argv[8]));
  ner.initialize(examples, rng, Progress::silent());
  nn::Adam adam;
  Losses losses;
  size_t words = 0;
  const double begin = cpu_seconds();
  for (size_t pass = 0; pass < passes; ++pass) {
    losses.clear();
    for (size_t i = 0; i < examples.size(); i += batch) {
      const auto part = std::span(examples).subspan(i, std::min(batch, examples.size() - i));
      ner.update(part, {std::stod(argv[7]), &adam, &rng}, losses);
      for (const Example& example : part) words += example.predicted.size();
    }
  }
  const double seconds = cpu_seconds() - begin;
  adam.swap_averages(ner.model());
  ner.weights_changed();
  Json out = Json::object();
  out["words"] = static_cast<int64_t>(words);
  out["seconds"] = seconds;
  out["words_per_second"] = static_cast<double>(words) / seconds;
  out["loss"] = losses["ner"];
  score(*nlp, argv[4], out);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  try {
    if (mode == "predict" && argc == 5) {
      std::printf("%s\n", to_json(predict(argv)).c_str());
      return 0;
    }
    if (mode == "train" && argc == 9) {
      std::printf("%s\n", to_json(train(argv)).c_str());
      return 0;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::fprintf(stderr,
               "usage: pawl_ner_bench predict PIPELINE_DIR TEXTS.jsonl SECONDS\n"
               "       pawl_ner_bench train PIPELINE_DIR TRAIN.jsonl DEV.jsonl PASSES BATCH "
               "DROPOUT SEED\n");
  return 2;
}

// Runs a whole pipeline and measures it.
//
// usage: pawl_pipeline_bench predict PIPELINE_DIR TEXTS.jsonl SECONDS
//        pawl_pipeline_bench components PIPELINE_DIR TEXTS.jsonl SECONDS
//        pawl_pipeline_bench threads PIPELINE_DIR TEXTS.jsonl SECONDS
//        pawl_pipeline_bench load PIPELINE_DIR TEXTS.jsonl
//
// Lines are {"text"}. Prints one JSON line.
//   predict:    {"words_per_second", "latency_p50_us", "latency_p99_us"}: all texts in batches on
//   one
//               thread, for at least SECONDS of processor time, then each text alone.
//   components: {NAME: microseconds a word, ...}, the tokenizer's under "tokenizer".
//   threads:    {"one", "two"}: words a second of wall-clock time, on one thread and on two that
//               share the pipeline, alternately.
//   load:       {"load_seconds", "resident_mb"}: the first text has been annotated by then.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "pipeline/language.h"

namespace {

using namespace pawl;
using Clock = std::chrono::steady_clock;

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::string> read_texts(const std::string& path) {
  std::istringstream in(Env::real().read_file(path));
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) {
    out.push_back(parse_json(line).at("text").as_string());
  }
  return out;
}

size_t run(const Language& nlp, std::span<const std::string> texts) {
  size_t words = 0;
  for (const Doc& doc : nlp.pipe(texts)) words += doc.size();
  return words;
}

Json predict(const Language& nlp, const std::vector<std::string>& texts, double least) {
  run(nlp, std::span(texts).first(std::min<size_t>(texts.size(), 200)));
  size_t words = 0;
  const double begin = cpu_seconds();
  double seconds = 0;
  for (; seconds < least; seconds = cpu_seconds() - begin) words += run(nlp, texts);
  std::vector<double> times;
  for (const std::string& text : texts) {
    const auto start = Clock::now();
    const Doc doc = nlp(text);
    times.push_back(seconds_since(start) * 1e6);
  }
  std::sort(times.begin(), times.end());
  Json out = Json::object();
  out["words_per_second"] = static_cast<double>(words) / seconds;
  out["latency_p50_us"] = times[times.size() / 2];
  out["latency_p99_us"] = times[times.size() * 99 / 100];
  return out;
}

Json components(const Language& nlp, const std::vector<std::string>& texts, double least) {
  constexpr size_t kBatch = 256;
  std::vector<double> taken(nlp.pipe_names().size() + 1, 0.0);
  size_t words = 0;
  const double begin = cpu_seconds();
  while (cpu_seconds() - begin < least) {
    for (size_t i = 0; i < texts.size(); i += kBatch) {
      std::vector<Doc> docs;
      auto start = Clock::now();
      for (size_t k = i; k < std::min(texts.size(), i + kBatch); ++k) {
        docs.push_back(nlp.make_doc(texts[k]));
        words += docs.back().size();
      }
      taken[0] += seconds_since(start);
      for (size_t k = 0; k < nlp.pipe_names().size(); ++k) {
        start = Clock::now();
        nlp.find(nlp.pipe_names()[k])->predict(docs);
        taken[k + 1] += seconds_since(start);
      }
    }
  }
  Json out = Json::object();
  const double each = 1e6 / static_cast<double>(words);
  out["tokenizer"] = taken[0] * each;
  for (size_t k = 0; k < nlp.pipe_names().size(); ++k) {
    out[nlp.pipe_names()[k]] = taken[k + 1] * each;
  }
  return out;
}

double words_per_second(const Language& nlp, const std::vector<std::string>& texts, int threads,
                        double least) {
  std::vector<size_t> words(static_cast<size_t>(threads), 0);
  const auto start = Clock::now();
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      while (seconds_since(start) < least) words[static_cast<size_t>(i)] += run(nlp, texts);
    });
  }
  for (std::thread& thread : running) thread.join();
  size_t all = 0;
  for (const size_t count : words) all += count;
  return static_cast<double>(all) / seconds_since(start);
}

Json threads(const Language& nlp, const std::vector<std::string>& texts, double least) {
  run(nlp, texts);
  std::vector<double> one, two;
  for (int round = 0; round < 3; ++round) {
    one.push_back(words_per_second(nlp, texts, 1, least / 6));
    two.push_back(words_per_second(nlp, texts, 2, least / 6));
  }
  Json out = Json::object();
  out["one"] = *std::max_element(one.begin(), one.end());
  out["two"] = *std::max_element(two.begin(), two.end());
  return out;
}

double resident_mb() {
  std::istringstream status(Env::real().read_file("/proc/self/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

Json load(const std::string& path, const std::vector<std::string>& texts) {
  const auto start = Clock::now();
  const auto nlp = Language::from_disk(Env::real(), path);
  (*nlp)(texts.front());
  Json out = Json::object();
  out["load_seconds"] = seconds_since(start);
  out["resident_mb"] = resident_mb();
  return out;
}

Json answer(const std::string& mode, char** argv) {
  const std::vector<std::string> texts = read_texts(argv[3]);
  if (mode == "load") return load(argv[2], texts);
  const auto nlp = Language::from_disk(Env::real(), argv[2]);
  const double least = std::stod(argv[4]);
  if (mode == "components") return components(*nlp, texts, least);
  return mode == "threads" ? threads(*nlp, texts, least) : predict(*nlp, texts, least);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const bool is_known = mode == "predict" || mode == "components" || mode == "threads";
  try {
    if ((mode == "load" && argc == 4) || (is_known && argc == 5)) {
      std::printf("%s\n", to_json(answer(mode, argv)).c_str());
      return 0;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::fprintf(stderr,
               "usage: pawl_pipeline_bench predict|components|threads PIPELINE_DIR TEXTS.jsonl "
               "SECONDS\n"
               "       pawl_pipeline_bench load PIPELINE_DIR TEXTS.jsonl\n");
  return 2;
}

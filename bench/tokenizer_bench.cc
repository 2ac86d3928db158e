// Times the tokenizer of a pipeline on one thread.
//
// usage: pawl_tokenizer_bench TEXTS.jsonl PIPELINE_DIR [REPETITIONS]
//
// Reads every "text", then tokenises all of them REPETITIONS times (default 5). Prints one JSON
// line per repetition:
// {"repetition", "tokens", "seconds", "cpu_seconds"}. In the first the tokenizer has met none of
// the texts.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "text/tokenizer.h"

namespace {

using namespace pawl;

std::vector<std::string> read_texts(const Path& path) {
  std::vector<std::string> texts;
  std::istringstream lines(Env::real().read_file(path));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) texts.push_back(parse_json(line).at("text").as_string());
  }
  return texts;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void run(const Path& texts_path, const Path& pipeline, int repetitions) {
  const auto texts = read_texts(texts_path);
  auto vocab = std::make_shared<Vocab>();
  vocab->lang = "en";
  vocab->from_disk(Env::real(), pipeline / "vocab");
  const Path file = pipeline / "tokenizer";
  const auto tokenizer = Tokenizer::from_bytes(vocab, Env::real().read_file(file), file.string());
  for (int i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const double cpu = cpu_seconds();
    size_t tokens = 0;
    for (const auto& text : texts) tokens += (*tokenizer)(text).size();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::cout << to_json(Json(Json::Object{{"repetition", Json(i)},
                                           {"tokens", Json(static_cast<uint64_t>(tokens))},
                                           {"seconds", Json(seconds.count())},
                                           {"cpu_seconds", Json(cpu_seconds() - cpu)}}))
              << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: pawl_tokenizer_bench TEXTS.jsonl PIPELINE_DIR [REPETITIONS]\n";
    return 2;
  }
  try {
    run(argv[1], argv[2], argc > 3 ? std::atoi(argv[3]) : 5);
    return 0;
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}

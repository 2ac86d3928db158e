// Answers bench/encoder.py: encodes texts in batches and says how long it took. One JSON object a
// line: {"encoder": folder, "texts": [...], "batch": n}.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "math/isa.h"
#include "pipeline/encoder/sentence_encoder.h"

namespace {

using pawl::Json;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Json measure(const pawl::SentenceEncoder& encoder, const std::vector<std::string>& texts,
             size_t batch) {
  const double cpu = cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();
  for (size_t i = 0; i < texts.size(); i += batch) {
    encoder.encode(std::span(texts).subspan(i, std::min(batch, texts.size() - i)));
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  Json out = Json::object();
  out["isa"] = pawl::isa_name(pawl::active_isa());
  out["wall"] = wall.count();
  out["cpu"] = cpu_seconds() - cpu;
  return out;
}

}  // namespace

int main() {
  std::map<std::string, std::shared_ptr<const pawl::SentenceEncoder>> encoders;
  for (std::string line; std::getline(std::cin, line);) {
    const Json request = pawl::parse_json(line);
    auto& encoder = encoders[request.at("encoder").as_string()];
    if (encoder == nullptr) {
      encoder = pawl::SentenceEncoder::load(pawl::Env::real(), request.at("encoder").as_string());
    }
    std::vector<std::string> texts;
    for (const Json& text : request.at("texts").as_array()) texts.push_back(text.as_string());
    std::cout << pawl::to_json(measure(*encoder, texts, request.at("batch").as_uint()))
              << std::endl;
  }
  return 0;
}

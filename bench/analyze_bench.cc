// What analysing one text costs, component by component and, for hybrid heads, tier by tier:
//   analyze_bench PIPELINE TEXTS
// PIPELINE: a folder that Language opens; TEXTS: JSON lines with "text". CPU time of one thread, in
// milliseconds a text; the best of three passes, one text at a time and in groups.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>

#include "base/json.h"
#include "pipeline/hybrid/hybrid_textcat.h"
#include "pipeline/language.h"

namespace {

using namespace pawl;

constexpr int kPasses = 3;
constexpr size_t kGroup = 8;
constexpr size_t kMost = 2000;

double cpu_seconds() {
  timespec now;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double best_of_passes(const std::function<void()>& pass, size_t texts) {
  double best = 1e9;
  for (int i = 0; i < kPasses; ++i) {
    const double begin = cpu_seconds();
    pass();
    best = std::min(best, cpu_seconds() - begin);
  }
  return texts == 0 ? 0.0 : 1e3 * best / static_cast<double>(texts);
}

std::vector<std::string> read_texts(const char* file) {
  std::ifstream in(file);
  std::vector<std::string> texts;
  for (std::string line; texts.size() < kMost && std::getline(in, line);)
    texts.push_back(parse_json(line).at("text").as_string());
  return texts;
}

// Runs `component` over documents that all components before it have annotated.
double cost(const Component& component, const std::vector<Doc>& docs, size_t group) {
  return best_of_passes(
      [&] {
        std::vector<Doc> copies = docs;
        for (size_t i = 0; i < copies.size(); i += group)
          component.predict(std::span(copies).subspan(i, std::min(group, copies.size() - i)));
      },
      docs.size());
}

Json tiers(const HybridTextCat& head, const std::vector<std::string>& texts) {
  std::vector<std::string_view> all(texts.begin(), texts.end()), by_tier[2];
  const auto answers = head.answer(all);
  for (size_t i = 0; i < all.size(); ++i) by_tier[answers[i].tier - 1].push_back(all[i]);
  Json out = Json::object();
  out["second_tier_share"] =
      static_cast<double>(by_tier[1].size()) / static_cast<double>(all.size());
  const char* names[2] = {"first_tier_ms", "second_tier_ms"};
  for (int tier = 0; tier < 2; ++tier) {
    const auto& mine = by_tier[tier];
    out[names[tier]] = best_of_passes(
        [&] {
          for (const std::string_view& text : mine) head.answer({&text, 1});
        },
        mine.size());
  }
  out["second_tier_ms_in_groups"] = best_of_passes(
      [&] {
        const std::span<const std::string_view> mine = by_tier[1];
        for (size_t i = 0; i < mine.size(); i += kGroup)
          head.answer(mine.subspan(i, std::min(kGroup, mine.size() - i)));
      },
      by_tier[1].size());
  return out;
}

Json run(const char* pipeline, const char* file) {
  const auto nlp = Language::from_disk(Env::real(), pipeline);
  const auto texts = read_texts(file);
  std::vector<Doc> docs;
  for (const std::string& text : texts) docs.push_back(nlp->make_doc(text));
  Json out = Json::object();
  out["texts"] = static_cast<uint64_t>(texts.size());
  out["tokenizer_ms"] = best_of_passes(
      [&] {
        for (const std::string& text : texts) nlp->make_doc(text);
      },
      texts.size());
  for (const std::string& name : nlp->pipe_names()) {
    const Component& component = *nlp->find(name);
    Json one = Json::object();
    one["one_by_one_ms"] = cost(component, docs, 1);
    one["in_groups_ms"] = cost(component, docs, kGroup);
    if (const auto* head = dynamic_cast<const HybridTextCat*>(&component))
      one["tiers"] = tiers(*head, texts);
    out[name] = std::move(one);
    component.predict(docs);
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw std::runtime_error("usage: analyze_bench PIPELINE TEXTS");
    std::cout << to_json(run(argv[1], argv[2]), {.indent = 1}) << "\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

// References for the tiny pipeline.
#pragma once

#include <string>
#include <vector>

#include "tests/pipeline/tiny_pipeline.h"
#include "training/gold.h"

namespace pawl::test {

// "go to X ." is a trip with a PLACE, "what is Y ?" a question.
inline std::vector<GoldDoc> tiny_corpus(const Language& language) {
  std::vector<GoldDoc> out;
  const std::vector<std::string> places = {"Rome", "Oslo", "Lima", "Bern"};
  const std::vector<std::string> things = {"love", "time", "rust", "dew"};
  for (size_t i = 0; i < places.size(); ++i) {
    out.push_back(make_gold(language, "go to " + places[i] + " .",
                            {{6, 6 + static_cast<uint32_t>(places[i].size()), "PLACE"}}, true));
    out.back().cats = {{"trip", 1.0f}, {"question", 0.0f}};
    out.push_back(make_gold(language, "what is " + things[i] + " ?", {}, true));
    out.back().cats = {{"trip", 0.0f}, {"question", 1.0f}};
  }
  return out;
}

inline std::vector<Example> tiny_examples(const Language& language) {
  std::vector<Example> out;
  for (const GoldDoc& gold : tiny_corpus(language)) out.push_back(make_example(language, gold));
  return out;
}

}  // namespace pawl::test

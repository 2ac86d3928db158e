#include "learn/train/forerunner.h"

#include <set>

namespace pawl::learn {

CandidateData forerunner_data(const std::vector<LabeledExample>& memory, size_t last_cycle,
                              EncoderLink encoder) {
  CandidateData data;
  data.encoder = std::move(encoder);
  for (size_t i = 0; i < memory.size(); ++i) {
    if (memory[i].split == Split::kCertify) continue;
    (i < last_cycle ? data.memory : data.fresh).push_back(memory[i]);
  }
  return data;
}

std::vector<LabeledExample> unseen_by_forerunner(const std::vector<LabeledExample>& memory,
                                                 const std::vector<LabeledExample>& fresh) {
  std::set<std::string> known;
  for (const auto& e : memory) known.insert(e.key);
  std::vector<LabeledExample> unseen;
  for (const auto& e : fresh) {
    if (e.split != Split::kCertify && !known.contains(e.key)) unseen.push_back(e);
  }
  return unseen;
}

}  // namespace pawl::learn

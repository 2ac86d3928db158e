#include "learn/train/forerunner.h"

#include <set>

#include "base/hash.h"

namespace pawl::learn {
namespace {

constexpr uint64_t kFoldSeed = 0x666f6c64;  // apart from the seed of the splits

bool is_in(const LabeledExample& example, Head head, const Fold& fold) {
  const Annotation& known = example.heads.at(head);
  const bool alone = fold.by_author && known.support.size() == 1 && !known.reviewed;
  const std::string key = alone ? known.support.front() : group_key(example.text);
  return murmur2_64a(key.data(), key.size(), kFoldSeed) % kForerunners == fold.index;
}

}  // namespace

CandidateData forerunner_data(const std::vector<LabeledExample>& memory,
                              const std::vector<LabeledExample>& fresh, Head head, const Fold& fold,
                              EncoderLink encoder) {
  CandidateData data;
  data.encoder = std::move(encoder);
  for (const auto& e : memory) {
    if (e.split != Split::kCertify) data.memory.push_back(e);
  }
  for (const auto& e : fresh) {
    if (e.split != Split::kCertify && e.knows(head) && !is_in(e, head, fold))
      data.fresh.push_back(e);
  }
  return data;
}

std::vector<LabeledExample> unseen_by_forerunner(const std::vector<LabeledExample>& memory,
                                                 const std::vector<LabeledExample>& fresh,
                                                 Head head, const Fold& fold) {
  std::set<std::string> known;
  for (const auto& e : memory) known.insert(e.key);
  std::vector<LabeledExample> unseen;
  for (const auto& e : fresh) {
    if (e.split != Split::kCertify && e.knows(head) && !known.contains(e.key) &&
        !e.heads.at(head).doubted && is_in(e, head, fold))
      unseen.push_back(e);
  }
  return unseen;
}

}  // namespace pawl::learn

#include "pipeline/hybrid/together.h"

#include <memory>

#include "pipeline/encoder/sentence_encoder.h"

namespace pawl {
namespace {

struct Asked {
  const HybridHead* head = nullptr;
  const SentenceVectors* vectors = nullptr;
  std::shared_ptr<const SentenceEncoder> encoder;  // behind the vectors, where the head uses them
  HybridHead::Open open;
};

bool share(const Asked& a, const Asked& b) {
  return a.encoder != nullptr && b.encoder != nullptr && a.encoder->akin_to(*b.encoder);
}

// Heads by what they share, in their order.
std::vector<std::vector<size_t>> in_groups(std::span<const Asked> asked) {
  std::vector<std::vector<size_t>> groups;
  for (size_t i = 0; i < asked.size(); ++i) {
    bool found = false;
    for (auto& group : groups) {
      if (found || !share(asked[group.front()], asked[i])) continue;
      group.push_back(i);
      found = true;
    }
    if (!found) groups.push_back({i});
  }
  return groups;
}

std::vector<Matrix> encode_open(std::span<const Asked* const> group,
                                std::span<const std::string_view> texts) {
  std::vector<SentenceEncoder::Reader> readers;
  for (const Asked* one : group) readers.push_back({one->encoder.get(), one->open.texts});
  return SentenceEncoder::encode_together(texts, readers);
}

void answer_group(std::span<Asked* const> group, std::span<const std::string_view> texts,
                  std::span<std::vector<HybridAnswer>* const> answers) {
  Matrix words;
  for (size_t i = 0; i < group.size(); ++i) {
    Asked& one = *group[i];
    if (words.size() == 0 && one.head->reads_words(one.vectors))
      words = one.vectors->encode_words(texts);
    *answers[i] = one.head->answer_first(texts, one.vectors, words, one.open);
  }
  std::vector<const Asked*> unsure;
  std::vector<size_t> places;
  for (size_t i = 0; i < group.size(); ++i) {
    if (group[i]->open.texts.empty()) continue;
    unsure.push_back(group[i]);
    places.push_back(i);
  }
  if (unsure.empty()) return;
  const std::vector<Matrix> rows = encode_open(unsure, texts);
  for (size_t j = 0; j < unsure.size(); ++j)
    unsure[j]->head->answer_second(unsure[j]->open, rows[j], *answers[places[j]]);
}

}  // namespace

std::vector<std::vector<HybridAnswer>> answer_together(
    std::span<const std::pair<const HybridHead*, const SentenceVectors*>> heads,
    std::span<const std::string_view> texts) {
  std::vector<Asked> asked;
  for (const auto& [head, vectors] : heads)
    asked.push_back({head, vectors, head->uses(vectors) ? vectors->encoder() : nullptr, {}});
  std::vector<std::vector<HybridAnswer>> answers(heads.size());
  for (const auto& members : in_groups(asked)) {
    const size_t only = members.front();
    if (members.size() == 1) {
      answers[only] = asked[only].head->answer(texts, asked[only].vectors);
      continue;
    }
    std::vector<Asked*> group;
    std::vector<std::vector<HybridAnswer>*> theirs;
    for (const size_t i : members) {
      group.push_back(&asked[i]);
      theirs.push_back(&answers[i]);
    }
    answer_group(group, texts, theirs);
  }
  return answers;
}

}  // namespace pawl

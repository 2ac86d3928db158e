#include "learn/challenger.h"

#include <set>

namespace pawl::learn {
namespace {

void append_tests(const HeadVerdict& from, const std::string& who, HeadVerdict& to) {
  for (GateTest test : from.tests) {
    test.name = from.head + "." + who + test.name.substr(from.head.size());
    to.tests.push_back(std::move(test));
  }
}

}  // namespace

CandidateData challenger_data(const std::vector<LabeledExample>& memory, size_t last_cycle,
                              EncoderLink encoder) {
  CandidateData data;
  data.encoder = std::move(encoder);
  for (size_t i = 0; i < memory.size(); ++i) {
    if (memory[i].split == Split::kCertify) continue;
    (i < last_cycle ? data.memory : data.fresh).push_back(memory[i]);
  }
  return data;
}

std::vector<LabeledExample> unseen_by_challengers(const std::vector<LabeledExample>& memory,
                                                  const std::vector<LabeledExample>& fresh) {
  std::vector<LabeledExample> unseen;
  std::set<std::string> trained;
  for (const auto& e : memory) {
    if (e.split == Split::kCertify) {
      unseen.push_back(e);
    } else {
      trained.insert(e.key);
    }
  }
  for (const auto& e : fresh) {
    if (!trained.contains(e.key)) unseen.push_back(e);
  }
  return unseen;
}

HeadVerdict settle(HeadVerdict newest, HeadVerdict challenger) {
  const bool take =
      !newest.deploy && (challenger.deploy || (!newest.judged && challenger.judged));
  HeadVerdict& chosen = take ? challenger : newest;
  append_tests(take ? newest : challenger, take ? "newest" : "challenger", chosen);
  chosen.challenger = take;
  if (take) chosen.reason += ", by what was known before this cycle";
  return std::move(chosen);
}

}  // namespace pawl::learn

#include "learn/data/defence.h"

#include <algorithm>

#include "learn/evidence/posterior.h"

namespace pawl::learn {
namespace {

constexpr double kTrainShare = 0.2;
constexpr double kCertifyShare = 0.5;

using LabelVoices = std::map<std::string, std::set<std::string>>;  // label -> authors

LabelVoices contradictions(const TextGroup& group, Head head, const Trust& trust) {
  std::vector<const JudgedTurn*> turns;
  for (const JudgedTurn& turn : group.turns) turns.push_back(&turn);
  LabelVoices named;
  for (const Voice& voice : heard(turns, head, trust)) {
    if (voice.find("review", head->name) != nullptr) continue;
    const auto label = named_by(voice, head);
    if (is_teacher(voice.author())) continue;
    if (label && *label != voice.predicted()) named[*label].insert(voice.author());
  }
  return named;
}

bool had_a_say(const TextGroup& group, const std::string& author) {
  return group.known && std::find(group.known->authors.begin(), group.known->authors.end(),
                                  author) != group.known->authors.end();
}

bool is_operators(const LabeledExample& example, Head head) {
  const Annotation& known = example.heads.at(head);
  return example.source == "examples" || known.support.empty() || known.reviewed;
}

// The only author an annotation rests on; empty: an operator, or several.
std::string sole_author(const LabeledExample& example, Head head) {
  if (is_operators(example, head)) return "";
  const auto& support = example.heads.at(head).support;
  return support.size() == 1 ? support.front() : "";
}

// Who vouches for the labels of a head.
struct Vouchers {
  std::map<std::string, std::set<std::string>> authors;
  std::set<std::string> operators;
};

Vouchers vouchers_of(std::span<const LabeledExample> examples, Head head) {
  Vouchers vouchers;
  for (const LabeledExample& e : examples) {
    if (!e.knows(head) || e.heads.at(head).set_aside) continue;
    if (is_operators(e, head)) {
      vouchers.operators.insert(e.label(head));
    } else {
      const auto& support = e.heads.at(head).support;
      vouchers.authors[e.label(head)].insert(support.begin(), support.end());
    }
  }
  return vouchers;
}

// Labels that may be learnt: known ones first, then those with most authors.
std::set<std::string> admitted_labels(std::span<const LabeledExample> examples, Head head,
                                      std::set<std::string> labels, size_t min_authors) {
  const Vouchers vouchers = vouchers_of(examples, head);
  labels.insert(vouchers.operators.begin(), vouchers.operators.end());
  std::vector<std::pair<size_t, std::string>> others;
  for (const auto& [label, authors] : vouchers.authors) {
    if (authors.size() >= min_authors && !labels.contains(label))
      others.emplace_back(authors.size(), label);
  }
  std::stable_sort(others.begin(), others.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (auto& [count, label] : others) {
    if (labels.size() >= kMaxLabels) break;
    labels.insert(std::move(label));
  }
  return labels;
}

// Tells what went between two looks at the same examples.
class Notes {
 public:
  Notes(const std::vector<LabeledExample>& examples, std::vector<LeftOut>* left_out)
      : examples_(examples), left_out_(left_out) {
    look();
  }
  void note(const char* why) {
    if (left_out_ == nullptr) return;
    for (size_t i = 0; i < examples_.size(); ++i) {
      for (const Head head : heads_[i]) {
        if (!examples_[i].knows(head)) left_out_->push_back({examples_[i].key, head, why});
      }
    }
    look();
  }

 private:
  void look() {
    if (left_out_ == nullptr) return;
    heads_.assign(examples_.size(), {});
    for (size_t i = 0; i < examples_.size(); ++i) {
      for (const auto& [head, annotation] : examples_[i].heads) heads_[i].push_back(head);
    }
  }

  const std::vector<LabeledExample>& examples_;
  std::vector<LeftOut>* left_out_;
  std::vector<std::vector<Head>> heads_;
};

struct ShareRule {
  Split split;
  double share;
  size_t free;  // so many count whatever their share
};

// Takes from each label what its most frequent sole authors have beyond their share of what is
// left.
void limit_shares(std::vector<LabeledExample>& examples, Head head, const ShareRule& rule) {
  std::map<std::string, std::map<std::string, std::vector<size_t>>> sole;  // newest last
  std::map<std::string, size_t> others;
  for (size_t i = 0; i < examples.size(); ++i) {
    const LabeledExample& e = examples[i];
    if (e.split != rule.split || !e.knows(head)) continue;
    const std::string author = sole_author(e, head);
    if (author.empty())
      ++others[e.label(head)];
    else
      sole[e.label(head)][author].push_back(i);
  }
  for (auto& [label, authors] : sole) {
    size_t total = others[label];
    for (const auto& [author, rows] : authors) total += rows.size();
    for (auto& [author, rows] : authors) {
      // n of (n + rest) is the share where n = rest * share / (1 - share).
      const size_t rest = total - rows.size();
      const auto fair =
          static_cast<size_t>(static_cast<double>(rest) * rule.share / (1 - rule.share));
      const size_t allowed = std::max(rule.free, fair);
      for (; rows.size() > allowed; rows.pop_back(), --total)
        examples[rows.back()].heads.erase(head);
    }
  }
}

void leave_out_doubtful(std::vector<LabeledExample>& examples, const Reputations& reputations) {
  Reputations all;
  for (const auto& [author, reputation] : reputations) all[author].named = named_in_all(reputation);
  const double general = general_reliability(all, &Reputation::named, kStrangerNames);
  std::map<std::string, double> trusted;
  for (const auto& [author, reputation] : all)
    trusted[author] = reliability(reputation.named, general);
  const auto below = [&](const LabeledExample& e, Head head, double bar) {
    const auto author = trusted.find(sole_author(e, head));
    return head->kind == HeadKind::kLabel && author != trusted.end() && author->second < bar;
  };
  for (LabeledExample& e : examples) {
    for (auto& [head, annotation] : e.heads) annotation.doubted = below(e, head, kDoubted);
    std::erase_if(e.heads, [&](const auto& known) {
      return e.split == Split::kCertify ? known.second.doubted : below(e, known.first, kDistrusted);
    });
  }
}

}  // namespace

bool is_taught(const Annotation& annotation) {
  return !annotation.support.empty() &&
         std::all_of(annotation.support.begin(), annotation.support.end(), is_teacher);
}

std::vector<Burst> find_bursts(std::span<const TextGroup> groups, const DefenceOptions& options,
                               const Trust& trust) {
  std::vector<Burst> bursts;
  if (options.min_label_authors <= 1) return bursts;
  std::map<std::string, std::map<std::string, size_t>> alone;  // author -> label -> texts
  for (const TextGroup& group : groups) {
    for (const Head head : all_heads()) {
      if (head->kind != HeadKind::kLabel) continue;
      for (const auto& [label, authors] : contradictions(group, head, trust)) {
        if (authors.size() == 1 && !had_a_say(group, *authors.begin()))
          ++alone[*authors.begin()][label];
      }
    }
  }
  for (const auto& [author, labels] : alone) {
    for (const auto& [label, count] : labels) {
      if (count > options.burst && !options.released.contains(author))
        bursts.push_back({author, label, count});
    }
  }
  return bursts;
}

bool AuthorBudget::spent(const std::string& author) const {
  const auto used = used_.find(author);
  return used != used_.end() && used->second >= limit_;
}

void admit(std::vector<LabeledExample>& examples,
           const std::map<Head, std::set<std::string>>& known, const DefenceOptions& options,
           const Reputations& reputations, std::vector<LeftOut>* left_out) {
  Notes notes(examples, left_out);
  for (LabeledExample& e : examples) {
    std::erase_if(e.heads, [&](const auto& head) {
      return head.second.set_aside || (e.split == Split::kCertify && is_taught(head.second));
    });
  }
  notes.note("set_aside");
  if (options.min_label_authors > 1) leave_out_doubtful(examples, reputations);
  notes.note("doubtful_author");
  for (const Head head : all_heads()) {
    if (head->kind != HeadKind::kLabel) continue;
    const auto live = known.find(head);
    const auto labels = admitted_labels(
        examples, head, live == known.end() ? std::set<std::string>() : live->second,
        options.min_label_authors);
    for (LabeledExample& e : examples) {
      if (e.knows(head) && !labels.contains(e.label(head))) e.heads.erase(head);
    }
    notes.note("unvouched_label");
    if (options.min_label_authors <= 1) continue;
    limit_shares(examples, head, {Split::kTrain, kTrainShare, 2 * options.burst});
    limit_shares(examples, head, {Split::kCertify, kCertifyShare, 1});
    notes.note("author_share");
  }
  std::erase_if(examples, [](const LabeledExample& e) { return e.heads.empty(); });
}

}  // namespace pawl::learn

#include "learn/review/new_intents.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/utf8.h"
#include "learn/evidence/neighbours.h"
#include "learn/privacy/pii.h"
#include "math/gemm.h"
#include "text/unicode.h"

namespace pawl::learn {
namespace {

constexpr double kPlacedShare = 0.4;     // of the texts that the model places best: not looked at
constexpr double kNearQuantile = 0.985;  // of all pairs: from here on two texts are near
constexpr float kChance = 5, kLeastNear = 0.2f;
constexpr double kTighter = 0.25;     // of the way from there to 1: how near the centre is
constexpr double kUnexplained = 1.2;  // times nearer to each other than to any known example
constexpr double kSurelyNew = 0.25;   // that much nearer in the mean is new for sure
constexpr size_t kTextsOfAuthor = 2;
constexpr char32_t kFirstUnspaced = 0x2E80;  // from here on scripts have no blanks between words
constexpr double kTypicalShare = 0.3;        // of a cluster's texts that hold a typical word
constexpr size_t kWords = 5, kNameWords = 3;

std::set<std::string> words_of(const std::string& text) {
  const std::string folded = unicode::lower(without_placeholders(text));
  std::set<std::string> words;
  std::string word, last;
  const auto end = [&] {
    if (!word.empty()) words.insert(word);
    word.clear();
  };
  for (size_t at = 0; at < folded.size();) {
    const char32_t c = utf8::next(folded, at);
    std::string sign;
    utf8::append(sign, c);
    if (!unicode::is_word(c)) {
      end();
      last.clear();
    } else if (c >= kFirstUnspaced) {
      end();
      if (!last.empty()) words.insert(last + sign);
      last = sign;
    } else {
      word += sign;
      last.clear();
    }
  }
  end();
  return words;
}

std::map<std::string, size_t> document_counts(std::span<const std::string> texts) {
  std::map<std::string, size_t> counts;
  for (const std::string& text : texts) {
    for (const std::string& word : words_of(text)) ++counts[word];
  }
  return counts;
}

class Clusters {
 public:
  Clusters(std::span<const UnplacedText> texts, const Matrix& vectors,
           const ProposalOptions& options)
      : texts_(texts), vectors_(vectors), options_(options) {
    choose_rows();
    if (rows_.size() < options.min_texts) return;
    compare();
  }

  struct Cluster {
    std::vector<size_t> rows = {};  // the most central first; empty: there are no more
    double newness = 0;
  };

  // The next largest.
  Cluster next() {
    while (rows_.size() >= options_.min_texts) {
      const size_t seed = largest();
      if (seed == rows_.size()) return {};
      const std::vector<size_t> near = neighbourhood(seed);
      std::vector<size_t> core = around_centre(near);
      const double chance = is_enough(core) ? newness(core) : 0;
      if (chance > 0) {
        for (const size_t i : core) take(i);
        for (size_t& i : core) i = rows_[i];
        return {std::move(core), chance};
      }
      tried_[seed] = true;
    }
    return {};
  }

 private:
  void choose_rows() {
    std::vector<size_t> order(texts_.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return texts_[a].uncertainty > texts_[b].uncertainty;
    });
    order.resize(
        static_cast<size_t>(std::ceil(static_cast<double>(order.size()) * (1 - kPlacedShare))));
    std::sort(order.begin(), order.end());
    rows_ = std::move(order);
    free_.assign(rows_.size(), true);
    tried_.assign(rows_.size(), false);
  }

  void compare() {
    own_ = Matrix(rows_.size(), vectors_.cols());
    for (size_t i = 0; i < rows_.size(); ++i)
      std::copy(vectors_.row(rows_[i]), vectors_.row(rows_[i]) + vectors_.cols(), own_.row(i));
    similarity_ = Matrix(rows_.size(), rows_.size());
    gemm_nt(own_, own_, nullptr, similarity_);
    near_ = near_from();
    for (size_t i = 0; i < rows_.size(); ++i) mass_.push_back(mass_near(i));
  }

  // From here on two texts are near: what hardly any two of all texts are, or what two that have
  // nothing in common would not be by chance, by how far the lower half of all pairs spreads (the
  // upper half holds the clusters, of few texts more than of many).
  float near_from() const {
    Matrix all(vectors_.rows(), vectors_.rows());
    gemm_nt(vectors_, vectors_, nullptr, all);
    std::vector<float> pairs;
    for (size_t i = 0; i < all.rows(); ++i) pairs.insert(pairs.end(), all.row(i), all.row(i) + i);
    const auto quantile = [&](double share) {
      const auto at = pairs.begin() +
                      static_cast<std::ptrdiff_t>(share * static_cast<double>(pairs.size() - 1));
      std::nth_element(pairs.begin(), at, pairs.end());
      return *at;
    };
    const float middle = quantile(0.5), chance = middle + kChance * (middle - quantile(0.16));
    return std::max(kLeastNear, std::min(quantile(kNearQuantile), chance));
  }

  bool is_near(size_t i, size_t j) const {
    return similarity_(i, j) >= std::max<double>(near_, texts_[rows_[j]].explained);
  }
  double mass_of(size_t i) const {
    return texts_[rows_[i]].uncertainty * static_cast<double>(texts_[rows_[i]].times);
  }
  double mass_near(size_t i) const {
    double sum = 0;
    for (size_t j = 0; j < rows_.size(); ++j) {
      if (free_[j] && is_near(i, j)) sum += mass_of(j);
    }
    return sum;
  }

  size_t largest() const {
    size_t best = rows_.size();
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (!free_[i] || tried_[i] || mass_[i] <= 0) continue;
      if (best == rows_.size() || mass_[i] > mass_[best]) best = i;
    }
    return best;
  }

  std::vector<size_t> neighbourhood(size_t seed) const {
    std::vector<size_t> near;
    for (size_t j = 0; j < rows_.size(); ++j) {
      if (free_[j] && is_near(seed, j)) near.push_back(j);
    }
    return near;
  }

  // Free rows near the middle of these, nearer than to any known example.
  std::vector<size_t> around_centre(const std::vector<size_t>& near) const {
    Matrix centre(1, own_.cols());
    for (const size_t i : near) {
      for (size_t k = 0; k < own_.cols(); ++k) centre(0, k) += own_(i, k);
    }
    normalize_rows(centre);
    const double bar = near_ + kTighter * (1 - near_);
    std::vector<std::pair<double, size_t>> found;
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (!free_[i]) continue;
      double cosine = 0;
      for (size_t k = 0; k < own_.cols(); ++k) cosine += own_(i, k) * centre(0, k);
      if (cosine >= std::max(bar, kUnexplained * texts_[rows_[i]].explained))
        found.emplace_back(-cosine, i);
    }
    std::sort(found.begin(), found.end());
    std::vector<size_t> core;
    for (const auto& [cosine, i] : found) core.push_back(i);
    return core;
  }

  bool is_enough(const std::vector<size_t>& core) const {
    std::map<std::string, size_t> of_author;
    size_t counted = 0;
    for (const size_t i : core) {
      bool counts = false;
      for (const std::string& author : texts_[rows_[i]].authors)
        counts |= ++of_author[author] <= kTextsOfAuthor;
      counted += counts;
    }
    return counted >= options_.min_texts && of_author.size() >= options_.min_authors;
  }

  // How much nearer its texts are to each other, in the mean, than to their nearest known examples,
  // from 0 to 1: those of a label with few examples are hardly.
  double newness(const std::vector<size_t>& core) const {
    double pairs = 0, explained = 0;
    for (const size_t i : core) {
      explained += texts_[rows_[i]].explained;
      for (const size_t j : core) pairs += i == j ? 0 : similarity_(i, j);
    }
    const auto size = static_cast<double>(core.size());
    const double lead = pairs / (size - 1) / std::max(explained, 1e-9) - 1;
    return std::clamp(lead / kSurelyNew, 0.0, 1.0);
  }

  void take(size_t i) {
    if (!free_[i]) return;
    free_[i] = false;
    for (size_t j = 0; j < rows_.size(); ++j) {
      if (is_near(j, i)) mass_[j] -= mass_of(i);
    }
  }

  std::span<const UnplacedText> texts_;
  const Matrix& vectors_;
  const ProposalOptions& options_;
  std::vector<size_t> rows_;  // that are looked at
  std::vector<bool> free_, tried_;
  std::vector<double> mass_;
  Matrix own_, similarity_;
  float near_ = 0;
};

std::string name_of(const std::vector<std::string>& words, const std::set<std::string>& taken) {
  std::string name;
  for (size_t i = 0; i < words.size() && i < kNameWords; ++i)
    name += (name.empty() ? "" : "_") + words[i];
  if (name.empty()) name = "new_intent";
  for (size_t n = 2; taken.contains(name); ++n) {
    const size_t cut = name.rfind('~');
    name = name.substr(0, cut) + "~" + std::to_string(n);
  }
  return name;
}

}  // namespace

std::vector<std::string> typical_words(std::span<const std::string> texts,
                                       std::span<const std::string> others, size_t count) {
  const auto here = document_counts(texts), elsewhere = document_counts(others);
  const auto size = static_cast<double>(texts.size());
  const double all = size + static_cast<double>(others.size());
  std::vector<std::pair<double, std::string>> ranked;
  for (const auto& [word, n] : here) {
    if (static_cast<double>(n) < std::max(2.0, kTypicalShare * size)) continue;
    const auto other = elsewhere.find(word);
    const double everywhere =
        static_cast<double>(n + (other == elsewhere.end() ? 0 : other->second));
    ranked.emplace_back(-static_cast<double>(n) / size * std::log((1 + all) / (1 + everywhere)),
                        word);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> words;
  for (const auto& [score, word] : ranked) {
    if (words.size() < count) words.push_back(word);
  }
  return words;
}

std::vector<IntentProposal> propose_intents(std::span<const UnplacedText> texts,
                                            const Matrix& vectors, const ProposalOptions& options) {
  std::vector<IntentProposal> proposals;
  Clusters clusters(texts, vectors, options);
  std::set<std::string> taken = options.known_labels;
  while (proposals.size() < options.max_proposals) {
    IntentProposal proposal;
    auto [rows, newness] = clusters.next();
    proposal.rows = std::move(rows);
    if (proposal.rows.empty()) break;
    const std::set<size_t> members(proposal.rows.begin(), proposal.rows.end());
    std::vector<std::string> inside, outside;
    std::set<std::string> authors;
    for (size_t i = 0; i < texts.size(); ++i)
      (members.contains(i) ? inside : outside).push_back(texts[i].text);
    for (const size_t i : proposal.rows) {
      authors.insert(texts[i].authors.begin(), texts[i].authors.end());
      proposal.turns += texts[i].times;
      proposal.value += texts[i].uncertainty * static_cast<double>(texts[i].times);
    }
    proposal.value *= newness;
    proposal.authors = authors.size();
    proposal.words = typical_words(inside, outside, kWords);
    proposal.name = name_of(proposal.words, taken);
    taken.insert(proposal.name);
    proposal.id = "intent-" + texts[proposal.rows.front()].key.substr(0, 12);
    proposals.push_back(std::move(proposal));
  }
  std::stable_sort(proposals.begin(), proposals.end(),
                   [](const auto& a, const auto& b) { return a.value > b.value; });
  return proposals;
}

}  // namespace pawl::learn

#include "pipeline/hybrid/text_features.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/error.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl {

namespace {

constexpr size_t kMinGram = 2;
constexpr size_t kMaxGram = 5;

struct Word {
  size_t begin, end;  // bytes
  bool is_word;
};

// Words and single other characters, blanks left out.
std::vector<Word> split_by_space(std::string_view text) {
  std::vector<Word> words;
  bool open = false;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t code = utf8::next(text, at);
    const bool is_word = unicode::is_word(code);
    if (is_word && open) {
      words.back().end = at;
    } else if (is_word || !unicode::is(code, unicode::kSpace)) {
      words.push_back({begin, at, is_word});
    }
    open = is_word;
  }
  return words;
}

class Counter {
 public:
  explicit Counter(uint32_t hash_bits) : mask_((uint32_t{1} << hash_bits) - 1) {}

  void add(std::vector<uint32_t>& buckets, std::string_view feature) const {
    const uint64_t hash = murmur2_64a(feature.data(), feature.size(), 1);
    buckets.push_back(static_cast<uint32_t>(hash) & mask_);
  }

  static std::vector<BucketCount> count(std::vector<uint32_t>& buckets) {
    std::sort(buckets.begin(), buckets.end());
    std::vector<BucketCount> counts;
    for (uint32_t bucket : buckets) {
      if (counts.empty() || counts.back().bucket != bucket) counts.push_back({bucket, 0.0f});
      counts.back().count += 1.0f;
    }
    return counts;
  }

 private:
  uint32_t mask_;
};

// The character n-grams of " word ".
void add_character_grams(const Counter& counter, std::string_view word, std::string& padded,
                         std::vector<uint32_t>& starts, std::vector<uint32_t>& buckets) {
  padded.assign("c ").append(word).append(" ");
  starts.clear();
  for (size_t at = 1; at < padded.size();) {
    starts.push_back(static_cast<uint32_t>(at));
    utf8::next(padded, at);
  }
  starts.push_back(static_cast<uint32_t>(padded.size()));
  const size_t characters = starts.size() - 1;
  for (size_t first = 0; first < characters; ++first) {
    const size_t longest = std::min(kMaxGram, characters - first);
    if (longest < kMinGram) break;
    char& kind = padded[starts[first] - 1];
    const char kept = kind;
    kind = 'c';
    for (size_t length = kMinGram; length <= longest; ++length) {
      counter.add(buckets, std::string_view(padded).substr(
                               starts[first] - 1, starts[first + length] - starts[first] + 1));
    }
    kind = kept;
  }
}

void append_group(const NgramTable& table, std::span<const BucketCount> counts,
                  std::span<const uint32_t> columns, std::vector<std::pair<uint32_t, float>>& out) {
  const size_t first = out.size();
  double square = 0.0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const bool known = columns[i] < table.size();
    const float idf = known ? table.idf()[columns[i]] : table.rarest();
    const float value = (1.0f + std::log(counts[i].count)) * idf;
    square += static_cast<double>(value) * static_cast<double>(value);
    if (known) out.emplace_back(columns[i], value);
  }
  const auto factor = static_cast<float>(square > 0.0 ? 1.0 / std::sqrt(square) : 0.0);
  for (size_t i = first; i < out.size(); ++i) out[i].second *= factor;
}

}  // namespace

TextNgrams count_ngrams(std::string_view text, uint32_t hash_bits) {
  const std::string lowered = unicode::lower(text);
  const std::vector<Word> words = split_by_space(lowered);
  const Counter counter(hash_bits);
  std::vector<uint32_t> word_buckets, character_buckets, starts;
  std::string feature;
  std::string_view previous;
  for (const Word& word : words) {
    const std::string_view form =
        std::string_view(lowered).substr(word.begin, word.end - word.begin);
    feature.assign("w").append(form);
    counter.add(word_buckets, feature);
    if (!previous.empty()) {
      feature.assign("b").append(previous).append(" ").append(form);
      counter.add(word_buckets, feature);
    }
    previous = form;
    if (word.is_word) add_character_grams(counter, form, feature, starts, character_buckets);
  }
  return {Counter::count(word_buckets), Counter::count(character_buckets)};
}

NgramTable::NgramTable(uint32_t hash_bits, std::vector<uint32_t> buckets, std::vector<float> idf)
    : hash_bits_(hash_bits), buckets_(std::move(buckets)), idf_(std::move(idf)) {
  if (hash_bits_ < 1 || hash_bits_ > kMaxHashBits) {
    throw Error(ErrorKind::kFormat, "hash_bits is not between 1 and 24");
  }
  if (buckets_.size() != idf_.size()) {
    throw Error(ErrorKind::kFormat, "there are not as many weights as buckets");
  }
  std::vector<bool> seen(size_t{1} << hash_bits_);
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] >= seen.size() || seen[buckets_[i]]) {
      throw Error(ErrorKind::kFormat, "a bucket repeats or is out of range");
    }
    seen[buckets_[i]] = true;
    if (!std::isfinite(idf_[i]) || idf_[i] <= 0.0f) {
      throw Error(ErrorKind::kFormat, "an inverse document frequency is not a positive number");
    }
    rarest_ = std::max(rarest_, idf_[i]);
  }
  index();
}

NgramTable NgramTable::build(std::span<const TextNgrams> texts, uint32_t hash_bits,
                             size_t min_documents) {
  std::vector<uint32_t> documents(size_t{1} << hash_bits, 0);
  std::vector<uint32_t> last(documents.size(), 0);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto stamp = static_cast<uint32_t>(i + 1);
    for (const auto* group : {&texts[i].words, &texts[i].characters}) {
      for (const BucketCount& gram : *group) {
        if (last[gram.bucket] == stamp) continue;
        last[gram.bucket] = stamp;
        ++documents[gram.bucket];
      }
    }
  }
  std::vector<uint32_t> buckets;
  std::vector<float> idf;
  const double all = static_cast<double>(texts.size()) + 1.0;
  for (uint32_t bucket = 0; bucket < documents.size(); ++bucket) {
    if (documents[bucket] == 0 || documents[bucket] < min_documents) continue;
    buckets.push_back(bucket);
    idf.push_back(static_cast<float>(std::log(all / (1.0 + documents[bucket])) + 1.0));
  }
  return NgramTable(hash_bits, std::move(buckets), std::move(idf));
}

void NgramTable::add(const TextNgrams& counts) {
  const size_t before = size();
  for (const auto* group : {&counts.words, &counts.characters}) {
    for (const BucketCount& gram : *group) {
      if (find(gram.bucket) != kNone || std::find(buckets_.begin() + static_cast<ptrdiff_t>(before),
                                                  buckets_.end(), gram.bucket) != buckets_.end()) {
        continue;
      }
      buckets_.push_back(gram.bucket);
      idf_.push_back(rarest_);
    }
  }
  if (size() > before) index();
}

void NgramTable::index() {
  size_t slots = 16;
  while (slots < buckets_.size() * 2) slots *= 2;
  slots_.assign(slots, kNone);
  for (uint32_t column = 0; column < buckets_.size(); ++column) {
    size_t slot = buckets_[column] & (slots - 1);
    while (slots_[slot] != kNone) slot = (slot + 1) & (slots - 1);
    slots_[slot] = column;
  }
}

uint32_t NgramTable::find(uint32_t bucket) const {
  if (slots_.empty()) return kNone;
  size_t slot = bucket & (slots_.size() - 1);
  while (slots_[slot] != kNone && buckets_[slots_[slot]] != bucket) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slots_[slot];
}

SparseFeatures NgramTable::transform(const TextNgrams& counts) const {
  std::vector<std::pair<uint32_t, float>> entries;
  std::vector<uint32_t> columns;
  for (const auto* group : {&counts.words, &counts.characters}) {
    columns.clear();
    for (const BucketCount& gram : *group) columns.push_back(find(gram.bucket));
    append_group(*this, *group, columns, entries);
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  SparseFeatures features;
  for (const auto& [column, value] : entries) {
    if (!features.columns.empty() && features.columns.back() == column) {
      features.values.back() += value;  // a word and a character n-gram that share a bucket
      continue;
    }
    features.columns.push_back(column);
    features.values.push_back(value);
  }
  return features;
}

}  // namespace pawl

// Hashed n-grams of a text with TF-IDF weights: the sparse half of the hybrid text classifier.
//
// The text is lowered (str.lower) and split into words (\w+) and single other characters that are
// not blanks. Features are words, pairs of neighbours, and the 2- to 5-grams of characters inside
// each word with one blank before and after it. A feature's bucket is the low bits of spaCy's
// string hash of a letter for its kind ("w", "b", "c") and its text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct BucketCount {
  uint32_t bucket;
  float count;
  bool operator==(const BucketCount&) const = default;
};

// Each rising by bucket, every bucket once.
struct TextNgrams {
  std::vector<BucketCount> words;  // words and pairs
  std::vector<BucketCount> characters;
};

inline constexpr uint32_t kMaxHashBits = 24;

// Well-formed UTF-8 of any length.
TextNgrams count_ngrams(std::string_view text, uint32_t hash_bits);

// Columns rise strictly.
struct SparseFeatures {
  std::vector<uint32_t> columns;
  std::vector<float> values;
};

// The buckets that occurred in training, with their inverse document frequencies; bucket number
// column() in rising order of first use. Const functions are safe for concurrent use.
class NgramTable {
 public:
  NgramTable() = default;
  // Throws Error(kFormat) for buckets that repeat or are out of range and for weights that are not
  // finite and positive.
  NgramTable(uint32_t hash_bits, std::vector<uint32_t> buckets, std::vector<float> idf);

  // Buckets that occur in at least `min_documents` of the texts; weight log((1+n)/(1+df)) + 1.
  static NgramTable build(std::span<const TextNgrams> texts, uint32_t hash_bits,
                          size_t min_documents);

  // The table with the new buckets of these counts at its end, as rare as can be.
  void add(const TextNgrams& counts);

  size_t size() const { return buckets_.size(); }
  uint32_t hash_bits() const { return hash_bits_; }
  const std::vector<uint32_t>& buckets() const { return buckets_; }
  const std::vector<float>& idf() const { return idf_; }
  float rarest() const { return rarest_; }  // the weight of what training has not seen

  // (1 + log count) * idf; words and characters each divided by their length, for which unknown
  // buckets count as the rarest: the less of a text is known, the smaller its features.
  SparseFeatures transform(const TextNgrams& counts) const;
  SparseFeatures transform(std::string_view text) const {
    return transform(count_ngrams(text, hash_bits_));
  }

 private:
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  uint32_t find(uint32_t bucket) const;  // column or kNone
  void index();

  uint32_t hash_bits_ = 20;
  std::vector<uint32_t> buckets_;
  std::vector<float> idf_;
  float rarest_ = 1.0f;          // weight of a bucket first seen later
  std::vector<uint32_t> slots_;  // open addressing over columns; a power of two
};

}  // namespace pawl

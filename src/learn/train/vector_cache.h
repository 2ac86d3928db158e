// Sentence vectors kept in the workspace by text hash: what was encoded in one cycle costs nothing
// in the next.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/encoder/sentence_vectors.h"
#include "pipeline/language.h"
#include "store/store.h"

namespace pawl::learn {

// Vectors of one encoder and of its layers as they were tuned. Reads what the tenant's cache holds
// for this encoder when made; computes what is missing and remembers it. Damaged entries are
// computed anew. Safe for concurrent use, but for the store's sake save() belongs to one thread.
class CachedVectors final : public SentenceVectors {
 public:
  CachedVectors(std::shared_ptr<const SentenceVectors> source, Store& store, std::string tenant);

  size_t width() const override { return source_->width(); }
  size_t block_width() const override { return source_->block_width(); }
  size_t words_width() const override { return source_->words_width(); }
  const std::string& fingerprint() const override { return source_->fingerprint(); }
  std::shared_ptr<const SentenceEncoder> encoder() const override { return source_->encoder(); }
  Matrix encode(std::span<const std::string_view> texts) const override;
  Matrix encode_words(std::span<const std::string_view> texts) const override {
    return source_->encode_words(texts);
  }
  std::shared_ptr<const SentenceVectors> remembered(
      std::shared_ptr<const SentenceVectors> tuned) const override;

  // Writes what was computed since, and drops what no example needs any more, and layers that were
  // not asked for since. Without it the next cycle computes again.
  void save();

 private:
  void put_unsaved(Transaction& transaction);
  void forget_unsaved();

  std::shared_ptr<const SentenceVectors> source_;
  Store& store_;
  std::string tenant_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, std::vector<float>> rows_;  // by text hash
  mutable std::vector<VectorRecord> unsaved_;
  mutable std::map<std::string, std::shared_ptr<CachedVectors>> tuned_;  // by fingerprint
};

// Lets the pipeline's heads read their vectors through a cache; null when it has no encoder.
std::shared_ptr<CachedVectors> cache_vectors(Language& nlp, Store& store,
                                             const std::string& tenant);

}  // namespace pawl::learn

#include "learn/train/vector_cache.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "base/hash.h"
#include "learn/data/split.h"
#include "learn/heads/heads.h"

namespace pawl::learn {
namespace {

std::string bytes_of(const std::vector<float>& row) {
  std::string bytes(row.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), row.data(), bytes.size());
  return bytes;
}

// Empty when the bytes are no vector of this width.
std::vector<float> row_of(const std::string& bytes, size_t width) {
  if (bytes.size() != width * sizeof(float)) return {};
  std::vector<float> row(width);
  std::memcpy(row.data(), bytes.data(), bytes.size());
  if (!std::all_of(row.begin(), row.end(), [](float x) { return std::isfinite(x); })) return {};
  return row;
}

}  // namespace

CachedVectors::CachedVectors(std::shared_ptr<const SentenceVectors> source, Store& store,
                             std::string tenant)
    : source_(std::move(source)), store_(store), tenant_(std::move(tenant)) {
  const auto kept =
      read_from(store_, [&](Transaction& t) { return t.vectors(tenant_, fingerprint()); });
  for (const VectorRecord& record : kept) {
    std::vector<float> row = row_of(record.vector, width());
    if (!row.empty()) rows_.emplace(record.text_hash, std::move(row));
  }
}

Matrix CachedVectors::encode(std::span<const std::string_view> texts) const {
  std::vector<std::string> hashes;
  for (std::string_view text : texts) hashes.push_back(blake2b_hex(text));
  const std::lock_guard lock(mutex_);
  std::set<std::string_view> wanted;
  std::vector<std::string_view> missing;
  std::vector<std::string> missing_hashes;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (rows_.contains(hashes[i]) || !wanted.insert(hashes[i]).second) continue;
    missing.push_back(texts[i]);
    missing_hashes.push_back(hashes[i]);
  }
  const Matrix made = missing.empty() ? Matrix() : source_->encode(missing);
  for (size_t i = 0; i < missing.size(); ++i) {
    auto& row = rows_[missing_hashes[i]];
    row.assign(made.row(i), made.row(i) + made.cols());
    unsaved_.push_back({text_key(missing[i]), missing_hashes[i], bytes_of(row)});
  }
  Matrix out(texts.size(), width());
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto& row = rows_.at(hashes[i]);
    std::copy(row.begin(), row.end(), out.row(i));
  }
  return out;
}

std::shared_ptr<const SentenceVectors> CachedVectors::remembered(
    std::shared_ptr<const SentenceVectors> tuned) const {
  const std::lock_guard lock(mutex_);
  auto& known = tuned_[tuned->fingerprint()];
  if (known == nullptr) known = std::make_shared<CachedVectors>(std::move(tuned), store_, tenant_);
  return known;
}

void CachedVectors::put_unsaved(Transaction& transaction) {
  const std::lock_guard lock(mutex_);
  transaction.put_vectors(tenant_, fingerprint(), unsaved_);
}

void CachedVectors::save() {
  const auto tuned = [&] {
    const std::lock_guard lock(mutex_);
    return tuned_;
  }();
  std::vector<std::string> fingerprints = {fingerprint()};
  for (const auto& [name, vectors] : tuned) fingerprints.push_back(name);
  write_to(store_, [&](Transaction& t) {
    put_unsaved(t);
    for (const auto& [name, vectors] : tuned) vectors->put_unsaved(t);
    t.drop_stale_vectors(tenant_, fingerprints);
  });
  for (const auto& [name, vectors] : tuned) vectors->forget_unsaved();
  forget_unsaved();
}

void CachedVectors::forget_unsaved() {
  const std::lock_guard lock(mutex_);
  unsaved_.clear();
}

std::shared_ptr<CachedVectors> cache_vectors(Language& nlp, Store& store,
                                             const std::string& tenant) {
  const EncoderLink encoder = find_encoder(nlp);
  if (encoder.vectors == nullptr) return nullptr;
  auto cached = std::make_shared<CachedVectors>(encoder.vectors, store, tenant);
  for (Head head : all_heads()) {
    if (TrainableComponent* component = find_head(nlp, head)) link_vectors(*component, cached);
  }
  return cached;
}

}  // namespace pawl::learn

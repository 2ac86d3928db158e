#include "service/memory_search.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "base/error.h"
#include "learn/heads/heads.h"

namespace pawl::service {
namespace {

constexpr size_t kMaxVectors = 20000;    // some 8 MB to read
constexpr size_t kMissingAtOnce = 128;   // encoded by one query
constexpr size_t kMaxEncoded = 2000;     // bytes
constexpr size_t kRanked = 50;           // of each order, at least
constexpr double kMeansAlike = 0.35;     // cosine; what has nothing to do with a query is below
constexpr double kRankOffset = 60;       // the usual one of reciprocal ranks
constexpr double kWordsShare = 1.0 / 3;  // beside the meaning; some words say nothing

std::string_view beginning(std::string_view text) {
  if (text.size() <= kMaxEncoded) return text;
  size_t end = kMaxEncoded;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

// The greatest value, then the others in 127ths of it: a byte each, which ranks as well.
std::string packed(std::span<const float> vector) {
  float scale = 0;
  for (const float x : vector) scale = std::max(scale, std::abs(x));
  std::string bytes(sizeof(float) + vector.size(), '\0');
  std::memcpy(bytes.data(), &scale, sizeof(float));
  for (size_t i = 0; i < vector.size() && scale > 0; ++i)
    bytes[sizeof(float) + i] = static_cast<char>(std::lround(vector[i] / scale * 127));
  return bytes;
}

// 0 for bytes that are no vector of this width.
double cosine(std::span<const float> query, std::string_view bytes) {
  if (bytes.size() != sizeof(float) + query.size()) return 0;
  double product = 0, length = 0;
  for (size_t i = 0; i < query.size(); ++i) {
    const auto value = static_cast<double>(static_cast<signed char>(bytes[sizeof(float) + i]));
    product += value * static_cast<double>(query[i]);
    length += value * value;
  }
  return length > 0 ? product / std::sqrt(length) : 0;
}

void encode_missing(Store& store, const SentenceEncoder& encoder, const std::string& tenant) {
  const auto missing = read_from(store, [&](Transaction& t) {
    return t.memories_without_vector(tenant, encoder.fingerprint(), kMissingAtOnce);
  });
  if (missing.empty()) return;
  std::vector<MemoryVectorRecord> made;
  for (const MemoryRecord& memory : missing)
    made.push_back({memory.sequence, memory_vector(encoder, memory.content)});
  try {
    write_to(store,
             [&](Transaction& t) { t.put_memory_vectors(tenant, encoder.fingerprint(), made); });
  } catch (const Error&) {
    // A disk that is full or a file that may only be read: the next query tries again.
  }
}

// Sequences, the nearest in meaning first.
std::vector<int64_t> by_meaning(Store& store, const SentenceEncoder& encoder,
                                const std::string& tenant, std::string_view query, size_t limit) {
  encode_missing(store, encoder, tenant);
  const auto vectors = read_from(store, [&](Transaction& t) {
    return t.memory_vectors(tenant, encoder.fingerprint(), kMaxVectors);
  });
  const std::vector<float> asked = encoder.encode(beginning(query));
  std::vector<std::pair<double, int64_t>> near;
  for (const MemoryVectorRecord& record : vectors) {
    const double similarity = cosine(asked, record.vector);
    if (similarity >= kMeansAlike) near.emplace_back(-similarity, -record.sequence);
  }
  std::sort(near.begin(), near.end());
  near.resize(std::min(near.size(), limit));
  std::vector<int64_t> sequences;
  for (const auto& [similarity, sequence] : near) sequences.push_back(-sequence);
  return sequences;
}

}  // namespace

std::shared_ptr<const SentenceEncoder> encoder_of(const Language* nlp) {
  if (nlp == nullptr) return nullptr;
  const learn::EncoderLink link = learn::find_encoder(*nlp);
  return link.vectors == nullptr ? nullptr : link.vectors->encoder();
}

std::string memory_vector(const SentenceEncoder& encoder, std::string_view content) {
  return packed(encoder.encode(beginning(content)));
}

std::vector<FoundMemory> search_memories(Store& store, const SentenceEncoder* encoder,
                                         const std::string& tenant, const std::string& query,
                                         size_t limit) {
  const size_t ranked = query.empty() ? limit : std::max(limit, kRanked);
  std::map<int64_t, FoundMemory> found;
  std::vector<int64_t> words, meanings;
  for (MemoryRecord& memory :
       read_from(store, [&](Transaction& t) { return t.memories(tenant, query, ranked); })) {
    words.push_back(memory.sequence);
    found[memory.sequence] = {std::move(memory)};
  }
  if (encoder != nullptr && !query.empty())
    meanings = by_meaning(store, *encoder, tenant, query, ranked);
  std::vector<int64_t> only_meant;
  for (const int64_t sequence : meanings) {
    if (!found.contains(sequence)) only_meant.push_back(sequence);
  }
  for (MemoryRecord& memory :
       read_from(store, [&](Transaction& t) { return t.memories_at(tenant, only_meant); }))
    found[memory.sequence] = {std::move(memory)};
  std::vector<FoundMemory> out;
  if (query.empty()) {
    for (const int64_t sequence : words) out.push_back(std::move(found.at(sequence)));
    return out;
  }
  // First in every order there is: 1.
  const double by_words = encoder == nullptr ? 1 : kWordsShare;
  for (const auto& [order, share] : {std::pair{&words, by_words}, {&meanings, 1 - by_words}}) {
    for (size_t rank = 0; rank < order->size(); ++rank) {
      const auto at = found.find((*order)[rank]);
      if (at != found.end())
        at->second.score += share * (kRankOffset + 1) / (kRankOffset + 1 + static_cast<double>(rank));
    }
  }
  for (auto& [sequence, memory] : found) out.push_back(std::move(memory));
  std::stable_sort(out.begin(), out.end(), [](const FoundMemory& a, const FoundMemory& b) {
    return a.score != b.score ? a.score > b.score : a.sequence > b.sequence;
  });
  out.resize(std::min(out.size(), limit));
  return out;
}

}  // namespace pawl::service

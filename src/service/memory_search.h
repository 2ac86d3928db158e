// How memories are found: by their words (full-text search) and, where the live pipeline has a
// sentence encoder, by what they mean. The two orders are merged by reciprocal rank (Cormack,
// Clarke and Büttcher 2009), which needs no scale that they share.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/encoder/sentence_encoder.h"
#include "pipeline/language.h"
#include "store/store.h"

namespace pawl::service {

struct FoundMemory : MemoryRecord {
  double score = 0;  // 0..1, greater is nearer; 0 where nothing was asked for
};

// Null where the pipeline has none, or there is no pipeline.
std::shared_ptr<const SentenceEncoder> encoder_of(const Language* nlp);

// What is kept of a memory's meaning; the beginning of a long text stands for all of it.
std::string memory_vector(const SentenceEncoder& encoder, std::string_view content);

// The nearest first; the newest first for an empty query. Of the tenant's newest 20,000 memories
// the meaning counts, of all of them the words. Memories without a vector of this encoder get one,
// so many a query.
std::vector<FoundMemory> search_memories(Store& store, const SentenceEncoder* encoder,
                                         const std::string& tenant, const std::string& query,
                                         size_t limit);

}  // namespace pawl::service

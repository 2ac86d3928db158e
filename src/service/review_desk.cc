#include "service/review_desk.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/hash.h"
#include "learn/data/joint_evidence.h"
#include "learn/heads/heads.h"

namespace pawl::service {
namespace {

constexpr size_t kMostSeen = 8000;

// Texts of `wanted` that `lacks` something, each once.
template <typename Lacks>
std::vector<std::string> missing(std::span<const std::string> wanted, Lacks&& lacks) {
  std::set<std::string_view> added;
  std::vector<std::string> found;
  for (const std::string& text : wanted) {
    if (lacks(text) && added.insert(text).second) found.push_back(text);
  }
  return found;
}

}  // namespace

ReviewDesk::Desk& ReviewDesk::desk_of(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  auto& desk = desks_[tenant];
  if (desk == nullptr) desk = std::make_unique<Desk>();
  return *desk;
}

void ReviewDesk::forget(const std::string& tenant) {
  Desk& desk = desk_of(tenant);
  const std::lock_guard lock(desk.mutex);
  desk.seen.clear();
}

void ReviewDesk::score(const LiveModel& live, std::span<const std::string> texts, Desk& desk) {
  const auto lacking = missing(texts, [&](const auto& text) { return !desk.seen[text].scored; });
  if (lacking.empty()) return;
  const std::vector<Doc> docs = live.nlp->pipe(lacking);
  for (size_t i = 0; i < lacking.size(); ++i) {
    Seen& seen = desk.seen[lacking[i]];
    seen.scores = learn::label_scores(docs[i], learn::Head::kIntent);
    seen.scored = true;
  }
}

// What cycles encoded is in the store.
void ReviewDesk::recall_vectors(const std::string& tenant, const std::string& fingerprint,
                                size_t width, std::span<const std::string> texts, Desk& desk) {
  std::map<std::string, std::string> by_hash;
  for (const std::string& text : texts) by_hash.emplace(blake2b_hex(text), text);
  const auto kept =
      read_from(store_, [&](Transaction& t) { return t.vectors(tenant, fingerprint); });
  for (const VectorRecord& record : kept) {
    const auto text = by_hash.find(record.text_hash);
    if (text == by_hash.end() || record.vector.size() < width * sizeof(float)) continue;
    Matrix row(1, width);
    std::memcpy(row.data(), record.vector.data(), width * sizeof(float));
    learn::normalize_rows(row);
    desk.seen[text->second].vector.assign(row.data(), row.data() + width);
  }
}

void ReviewDesk::encode(const std::string& tenant, const LiveModel& live,
                        std::span<const std::string> texts, Desk& desk) {
  const auto vectors = learn::find_encoder(*live.nlp).vectors;
  const auto lacks = [&](const auto& text) { return desk.seen[text].vector.empty(); };
  std::vector<std::string> lacking = missing(texts, lacks);
  if (lacking.empty()) return;
  recall_vectors(tenant, vectors->fingerprint(), std::min(vectors->block_width(), vectors->width()),
                 lacking, desk);
  lacking = missing(lacking, lacks);
  if (lacking.empty()) return;
  const std::vector<std::string_view> views(lacking.begin(), lacking.end());
  const Matrix made = learn::unit_vectors(views, vectors.get());
  for (size_t i = 0; i < lacking.size(); ++i)
    desk.seen[lacking[i]].vector.assign(made.row(i), made.row(i) + made.cols());
}

ReviewDesk::View ReviewDesk::look(const std::string& tenant, const LiveModel& live,
                                  std::span<const std::string> texts, size_t scored) {
  View view;
  view.scores.resize(texts.size());
  if (texts.empty()) return view;
  Desk& desk = desk_of(tenant);
  const std::lock_guard lock(desk.mutex);
  if (desk.generation != live.generation) desk.seen.clear();
  desk.generation = live.generation;
  ++desk.looks;
  if (live.nlp != nullptr) score(live, texts.first(std::min(scored, texts.size())), desk);
  const bool encoded = live.nlp != nullptr && learn::find_encoder(*live.nlp).vectors != nullptr;
  if (encoded) encode(tenant, live, texts, desk);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  if (!encoded) view.vectors = learn::unit_vectors(views, nullptr);
  for (size_t i = 0; i < texts.size(); ++i) {
    Seen& seen = desk.seen[texts[i]];
    seen.used = desk.looks;
    view.scores[i] = seen.scores;
    if (!encoded) continue;
    if (view.vectors.rows() == 0) view.vectors = Matrix(texts.size(), seen.vector.size());
    std::copy(seen.vector.begin(), seen.vector.end(), view.vectors.row(i));
  }
  if (desk.seen.size() > kMostSeen)
    std::erase_if(desk.seen, [&](const auto& one) { return one.second.used < desk.looks; });
  return view;
}

}  // namespace pawl::service

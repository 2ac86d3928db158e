#include "service/recent_analyses.h"

#include <array>
#include <utility>

#include "base/hash.h"
#include "base/utf8.h"

namespace pawl::service {
namespace {

void forget_text(Analysis& analysis) {
  analysis.text.clear();
  for (AnalyzedEntity& entity : analysis.entities) entity.text.clear();
}

void quote_text(std::string_view text, Analysis& analysis) {
  analysis.text = text;
  if (analysis.entities.empty()) return;
  const auto at = utf8::offsets(text);
  for (AnalyzedEntity& entity : analysis.entities)
    entity.text = text.substr(at[entity.start], at[entity.end] - at[entity.start]);
}

}  // namespace

RecentAnalyses::RecentAnalyses(Env& env) {
  std::array<char, 32> secret;
  env.random_bytes(secret.data(), secret.size());
  secret_.assign(secret.data(), secret.size());
}

std::string RecentAnalyses::key_of(std::string_view text) const {
  return blake2b_hex(secret_ + std::string(text));
}

std::optional<Analysis> RecentAnalyses::find(std::string_view text) {
  if (text.size() > kLongest) return std::nullopt;
  std::string key = key_of(text);
  std::optional<Analysis> found;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto young = young_.find(key); young != young_.end()) {
      found = young->second;
    } else if (auto old = old_.extract(key)) {
      found = old.mapped();
      put(std::move(key), std::move(old.mapped()));
    }
  }
  if (found) quote_text(text, *found);
  return found;
}

void RecentAnalyses::keep(std::string_view text, Analysis analysis) {
  if (text.size() > kLongest) return;
  forget_text(analysis);
  std::string key = key_of(text);
  const std::scoped_lock lock(mutex_);
  put(std::move(key), std::move(analysis));
}

size_t RecentAnalyses::size() const {
  const std::scoped_lock lock(mutex_);
  return young_.size() + old_.size();
}

// The younger half fills up; when it is full it becomes the older one, whose rest is forgotten.
void RecentAnalyses::put(std::string key, Analysis analysis) {
  if (young_.size() >= kMost / 2) {
    old_ = std::move(young_);
    young_.clear();
  }
  young_.insert_or_assign(std::move(key), std::move(analysis));
}

}  // namespace pawl::service

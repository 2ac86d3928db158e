// What a model said of texts that came a short while ago, for those that come again.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/env.h"
#include "service/analysis.h"

namespace pawl::service {

// Belongs to one generation's model and goes with it; never written anywhere. No text is in it: it
// is found by a digest under a secret that only this object has, and what an analysis quotes is
// taken from the text that is asked about. Bounded: of the texts beyond the bound those go that
// were not asked about for longest, in halves. Safe for threads.
class RecentAnalyses {
 public:
  static constexpr size_t kMost = 4096;
  static constexpr size_t kLongest = 512;  // bytes of a text; longer ones hardly come again

  explicit RecentAnalyses(Env& env);

  // As describe() gave it, degraded not set.
  std::optional<Analysis> find(std::string_view text);
  void keep(std::string_view text, Analysis analysis);
  size_t size() const;

 private:
  using Half = std::unordered_map<std::string, Analysis>;
  std::string key_of(std::string_view text) const;
  void put(std::string key, Analysis analysis);

  std::string secret_;
  mutable std::mutex mutex_;
  Half young_, old_;
};

}  // namespace pawl::service

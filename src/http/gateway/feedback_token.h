// Proof that whoever gives feedback saw the answer: an HMAC of tenant and turn under the
// workspace's secret. Nothing is kept for it.
#pragma once

#include <optional>
#include <string>

#include "base/env.h"
#include "store/store.h"

namespace pawl::http {

class FeedbackTokens {
 public:
  FeedbackTokens(Env& env, Store& store);  // makes the secret on first use

  std::string make(const std::string& tenant, const std::string& turn) const;
  // The turn it was made for; nothing when it is not ours.
  std::optional<std::string> turn_of(const std::string& tenant, const std::string& token) const;

 private:
  std::string secret_;
};

}  // namespace pawl::http

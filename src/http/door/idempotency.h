// Idempotency-Key: a write that is sent again is answered as it was the first time, for a day.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/env.h"
#include "http/net/message.h"
#include "store/store.h"

namespace pawl::http {

// Safe for threads; several processes share what the store keeps.
class Idempotency {
 public:
  Idempotency(Env& env, Store& store) : env_(env), store_(store) {}

  // Holds a key while its request is worked on.
  class Hold {
   public:
    Hold(Idempotency& owner, std::string id) : owner_(&owner), id_(std::move(id)) {}
    Hold(Hold&& other) noexcept : owner_(other.owner_), id_(std::move(other.id_)) {
      other.owner_ = nullptr;
    }
    Hold& operator=(Hold&&) = delete;
    ~Hold();

   private:
    Idempotency* owner_;
    std::string id_;
  };

  // `id` names caller, route and key; `fingerprint` the request. Throws Refusal: 409 while the
  // first one is still worked on, 422 when the key was used for another request.
  Hold hold(const std::string& id);
  std::optional<Response> earlier(const std::string& id, const std::string& fingerprint);
  void remember(const std::string& id, const std::string& fingerprint, const Response& response);

 private:
  Env& env_;
  Store& store_;
  std::mutex mutex_;
  std::set<std::string> held_;
  int64_t purged_at_ = 0;
};

}  // namespace pawl::http

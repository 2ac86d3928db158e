// API keys: pawl_<id>_<secret>, the secret shown once and kept as a digest (256 random bits need no
// slow hash). Checking never touches the disk: it looks at a snapshot of the keys.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "service/roles.h"
#include "store/store.h"

namespace pawl::service {

// A key's tenant that stands for all of them.
inline constexpr std::string_view kEveryTenant = "*";

struct Key {
  std::string id;      // public
  std::string digest;  // BLAKE2b of the secret
  std::string name;    // what it is for, in a person's words
  Role role = Role::kReadonly;
  std::string tenant = "default";
  int64_t created_at = 0;             // microseconds since 1970
  std::optional<int64_t> expires_at;  // no longer valid from then on
  int64_t requests_per_minute = 0;    // 0: no limit
  bool revoked = false;
};

struct NewKey {
  std::string name;
  Role role = Role::kReadonly;
  std::string tenant = "default";
  std::optional<int64_t> expires_at;
  int64_t requests_per_minute = 0;
};

struct CreatedKey {
  Key key;
  std::string token;  // the only time it is there
};

// Safe for any number of threads.
class Keys {
 public:
  Keys(Env& env, Store& store);

  // Throws Error(kInvalidInput) naming what is wrong. `actor` goes to the audit trail.
  CreatedKey create(const NewKey& wanted, const std::string& actor);
  // Throws Error(kNotFound) when there is no such key. Revoking twice is no error.
  Key revoke(const std::string& id, const std::string& actor);
  std::vector<Key> list() const;  // in the order they were made
  bool empty() const;

  // The key that a token proves, when it is valid now. A wrong secret takes as long as a right one.
  std::optional<Key> check(std::string_view token) const;

  // The key of this id, when it is valid now.
  std::optional<Key> find(std::string_view id) const;

  // Reads the keys again: those of other processes are seen from then on.
  void refresh();

 private:
  using Snapshot = std::map<std::string, Key, std::less<>>;
  std::shared_ptr<const Snapshot> snapshot() const;

  Env& env_;
  Store& store_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace pawl::service

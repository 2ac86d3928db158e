#include "store/sqlite/lease.h"

#include "base/error.h"

namespace pawl::sqlite {
namespace {

Path lock_file(const Path& folder, const std::string& owner) {
  return folder / ("lease-" + owner + ".lock");
}

// A lock that nobody holds is that of a process that died.
bool is_alive(Env& env, const Path& folder, const std::string& owner) {
  const Path file = lock_file(folder, owner);
  try {
    if (FileLock::try_acquire_existing(file) == nullptr) return true;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return false;
    throw;
  }
  env.remove_all(file);
  return false;
}

class SqliteLease final : public Lease {
 public:
  SqliteLease(Env& env, Store& store, Path folder, std::string tenant)
      : env_(env),
        store_(store),
        tenant_(std::move(tenant)),
        owner_(new_uuid(env)),
        file_(lock_file(folder, owner_)),
        lock_(FileLock::try_acquire(file_)) {}

  ~SqliteLease() override {
    try {
      if (token_ != 0) write_to(store_, [&](Transaction& t) { t.release_lease(tenant_, token_); });
      env_.remove_all(file_);
    } catch (const Error&) {
      // The lock goes with the object, and with it the lease.
    }
  }

  bool take(const Path& folder) {
    token_ = write_to(store_, [&](Transaction& t) -> int64_t {
      const int64_t now = env_.now_micros();
      const auto held = t.lease(tenant_);
      const bool alive = held && is_alive(env_, folder, held->owner);
      if (alive && held->expires_at > now) return 0;
      renewed_at_ = now;
      return t.take_lease(tenant_, owner_, now + kLeaseMicros);
    });
    return token_ != 0;
  }

  int64_t token() const override { return token_; }

  void renew() override {
    const int64_t now = env_.now_micros();
    if (now - renewed_at_ < kLeaseMicros / 10 && now >= renewed_at_) return;
    write_to(store_, [&](Transaction& t) { t.renew_lease(tenant_, token_, now + kLeaseMicros); });
    renewed_at_ = now;
  }

 private:
  Env& env_;
  Store& store_;
  std::string tenant_, owner_;
  Path file_;
  std::unique_ptr<FileLock> lock_;
  int64_t token_ = 0, renewed_at_ = 0;
};

}  // namespace

std::unique_ptr<Lease> acquire_lease(Env& env, Store& store, const Path& file,
                                     const std::string& tenant) {
  const Path folder = file.parent_path() / "locks";
  env.create_directories(folder);
  auto lease = std::make_unique<SqliteLease>(env, store, folder, tenant);
  if (!lease->take(folder)) return nullptr;
  return lease;
}

}  // namespace pawl::sqlite

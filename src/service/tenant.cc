#include "service/tenant.h"

#include "base/error.h"
#include "service/engine.h"

namespace pawl::service {

void fail_without_generation(const std::string& tenant) {
  throw Error(ErrorKind::kNotFound, "tenant \"" + tenant +
                                        "\" has no generation yet; make one with 'pawl init "
                                        "--tenant " +
                                        tenant + "'");
}

void Tenant::require() const {
  const auto live = read_from(engine_->store(), [&](Transaction& t) { return t.live(id_); });
  if (!live) fail_without_generation(id_);
}

}  // namespace pawl::service

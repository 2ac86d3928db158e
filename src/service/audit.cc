#include "service/audit.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"

namespace pawl::service {

void record_read(Engine& engine, const std::string& tenant, const std::string& actor,
                 const std::string& kind, const std::string& subject) {
  EventRecord event;
  event.tenant_id = tenant;
  event.at = engine.env().now_micros();
  event.actor = actor;
  event.kind = kind;
  event.subject = subject;
  try {
    write_to(engine.store(), [&](Transaction& t) { t.add_event(event); });
  } catch (const Error& error) {
    // Where nothing may be written reading goes on all the same.
    if (error.kind() != ErrorKind::kIo || ::access(engine.folder().c_str(), W_OK) == 0) throw;
  }
}

AuditTrail audit_trail(Engine& engine, const std::string& tenant, size_t limit) {
  engine.tenant(tenant).require();
  return read_from(engine.store(), [&](Transaction& t) {
    AuditTrail trail{t.recent_events(tenant, INT64_MAX, limit), t.verify_events(tenant)};
    std::reverse(trail.events.begin(), trail.events.end());
    return trail;
  });
}

}  // namespace pawl::service

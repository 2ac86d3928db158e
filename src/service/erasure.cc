#include "service/erasure.h"

#include "base/error.h"
#include "base/json.h"
#include "learn/intake/collect.h"

namespace pawl::service {

Erasure erase_person(Engine& engine, const std::string& tenant, const std::string& user,
                     const std::string& actor) {
  if (user.empty()) throw Error(ErrorKind::kInvalidInput, "\"user_id\" must name a person");
  engine.tenant(tenant).require();
  Env& env = engine.env();
  const std::string stored =
      learn::stored_id(user, learn::id_secret(env, engine.store()), learn::IdOf::kPerson);
  const Erasure erasure = write_to(engine.store(), [&](Transaction& t) {
    Erasure done;
    done.generations = t.generations_that_saw(tenant, stored);
    done.counts = t.erase_user(tenant, stored);
    Json details = Json::object();
    details["turns"] = done.counts.turns;
    details["examples"] = done.counts.examples;
    EventRecord event;
    event.tenant_id = tenant;
    event.at = env.now_micros();
    event.actor = actor;
    event.kind = "erased";
    event.subject = "a person";
    event.details = to_json(details);
    t.add_event(event);
    return done;
  });
  engine.store().compact();
  return erasure;
}

}  // namespace pawl::service

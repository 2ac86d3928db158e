#include "service/erasure.h"

#include "base/error.h"
#include "base/json.h"
#include "learn/erasure/erasure.h"
#include "learn/intake/collect.h"
#include "service/collect.h"
#include "service/personas.h"
#include "service/review_desk.h"
#include "service/run_cycle.h"

namespace pawl::service {
namespace {

// What the erasure needs of the engine, for as long as it is at work.
struct Work {
  Work(Engine& engine, const std::string& tenant, Progress& progress)
      : generations(engine.env(), engine.store(), engine.folder(), tenant),
        erasure(engine.env(), engine.store(), generations, tenant) {
    hooks.progress = &progress;
    hooks.run_cycle = [&engine, &progress](const Json& settings,
                                           const learn::CycleRequest& request) {
      return run_cycle(engine, request, settings, progress).value;
    };
    hooks.analyze = [&engine, tenant](std::span<const std::string> texts, std::string& generation) {
      const auto live = engine.live_models().refresh(tenant);
      generation = live->generation;
      Warnings told;
      return self_analyses(*live, texts, *engine.personas().rules(told));
    };
  }

  learn::Generations generations;
  learn::Erasure erasure;
  learn::ErasureHooks hooks;
};

// What stands in memory besides the store: words of texts in vocabularies, texts of the review
// queue.
void forget_texts(Engine& engine, const std::string& tenant) {
  engine.review_desk().forget(tenant);
  engine.name_finders().forget(tenant);
  engine.live_models().renew(tenant);
}

ErasureReceipt erase(Engine& engine, Work& work, const std::string& tenant,
                     const std::string& stored, const std::string& actor, bool replay) {
  if (!replay && work.erasure.is_pending())
    throw Error(ErrorKind::kBusy, "another erasure of tenant \"" + tenant + "\" is under way");
  work.erasure.go_on(work.hooks);
  const ErasureReceipt begun = work.erasure.begin(stored, actor);
  forget_texts(engine, tenant);
  return work.erasure.go_on(work.hooks, replay).value_or(begun);
}

}  // namespace

ErasureReceipt erase_person(Engine& engine, const std::string& tenant, const std::string& user,
                            const std::string& actor, Progress& progress,
                            const EraseOptions& options) {
  if (user.empty()) throw Error(ErrorKind::kInvalidInput, "\"user_id\" must name a person");
  engine.tenant(tenant).require();
  const std::string stored =
      learn::stored_id(user, learn::id_secret(engine.env(), engine.store()), learn::IdOf::kPerson);
  Work work(engine, tenant, progress);
  if (options.dry_run) return work.erasure.preview(stored, actor);
  try {
    return erase(engine, work, tenant, stored, actor, options.replay);
  } catch (const Error& error) {
    if (!options.may_wait || error.kind() != ErrorKind::kBusy) throw;
    return work.erasure.wait(stored, actor);
  }
}

std::optional<ErasureReceipt> finish_erasure(Engine& engine, const std::string& tenant,
                                             Progress& progress) {
  engine.tenant(tenant).require();
  Work work(engine, tenant, progress);
  auto last = work.erasure.go_on(work.hooks);
  while (const auto waiting = work.erasure.next_waiting()) {
    work.erasure.begin(waiting->user, waiting->actor);
    forget_texts(engine, tenant);
    last = work.erasure.go_on(work.hooks);
  }
  return last;
}

bool erasure_is_due(Engine& engine, const std::string& tenant) {
  Work work(engine, tenant, Progress::silent());
  return work.erasure.is_pending() || work.erasure.next_waiting();
}

namespace {

// By tenant. Of one that ends the receipt takes the place of what said that it is under way.
std::map<std::string, size_t> erasures_begun(Engine& engine) {
  std::map<std::string, size_t> begun;
  for (const std::string& tenant : engine.tenants()) {
    begun[tenant] = read_from(engine.store(), [&](Transaction& t) {
      return t.documents(tenant, learn::kReceiptKind).size() +
             t.documents(tenant, learn::kErasureKind).size();
    });
  }
  return begun;
}

}  // namespace

ErasureWatch::ErasureWatch(Engine& engine) : engine_(engine), begun_(erasures_begun(engine)) {}

std::vector<std::string> ErasureWatch::look() {
  std::vector<std::string> forgotten;
  for (const auto& [tenant, count] : erasures_begun(engine_)) {
    if (begun_[tenant] == count) continue;
    forget_texts(engine_, tenant);
    begun_[tenant] = count;
    forgotten.push_back(tenant);
  }
  return forgotten;
}

std::vector<ErasureReceipt> erasures(Engine& engine, const std::string& tenant) {
  engine.tenant(tenant).require();
  return read_from(engine.store(),
                   [&](Transaction& t) { return learn::erasure_receipts(t, tenant); });
}

}  // namespace pawl::service

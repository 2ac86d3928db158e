#include "service/live_models.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "learn/cycle/cycle.h"
#include "learn/deploy/generations.h"
#include "service/tenant.h"

namespace pawl::service {
namespace {

using Clock = std::chrono::steady_clock;

// Opening races with the pruning of older generations; after so many tries it is no race.
constexpr int kLoadTries = 3;
// No row of the live pointer has it.
constexpr int64_t kNoSequence = -1;

bool may_pass(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kIo:
    case ErrorKind::kBusy:
    case ErrorKind::kNotFound:
    case ErrorKind::kInterrupted:
      return true;
    default:
      return false;
  }
}

std::shared_ptr<const LiveModel> answer_by_rules(const Error& error) {
  auto rules = std::make_shared<LiveModel>();
  rules->degraded = true;
  rules->warnings.push_back(std::string(error.what()) + "; answering by rules");
  return rules;
}

// The loaded model goes on in place of one that could not be opened.
std::shared_ptr<const LiveModel> stand_in(const LiveModel& loaded, const Error& error) {
  auto standing_in = std::make_shared<LiveModel>(loaded);
  standing_in->degraded = true;
  standing_in->warnings = {std::string(error.what()) + "; " +
                           (loaded.generation.empty()
                                ? "rules go on answering"
                                : "generation " + loaded.generation + " goes on answering")};
  return standing_in;
}

// Rulers keep what they read of a token in files of their own, others in the config.
bool may_read_lemmas(const Language& nlp, const Component& component) {
  if (component.factory().ends_with("_ruler")) return true;
  const Json* config = nlp.config().at("components").find(component.name());
  return config == nullptr || to_json(*config).find("LEMMA") != std::string::npos;
}

std::vector<const Component*> for_analysis(const Language& nlp) {
  const auto& names = nlp.pipe_names();
  std::vector<const Component*> wanted;
  bool read = false;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const Component* component = nlp.find(*name);
    if (!read && component->factory().ends_with("lemmatizer")) continue;
    read = read || may_read_lemmas(nlp, *component);
    wanted.push_back(component);
  }
  std::reverse(wanted.begin(), wanted.end());
  return wanted;
}

}  // namespace

struct LiveModels::Slot {
  std::mutex mutex;  // of the fields below, held for moments
  std::shared_ptr<const LiveModel> model;
  int64_t sequence = 0;        // of the live row that it was opened for
  Clock::time_point due = {};  // when to look at the live pointer again
  Clock::time_point used = {};
  int failures = 0;              // since the last model that opened well
  Clock::time_point retry = {};  // when to try again after a failure
  std::mutex opening;            // whoever looks at the pointer and opens

  std::shared_ptr<const LiveModel> current(bool only_if_fresh) {
    const std::lock_guard lock(mutex);
    used = Clock::now();
    return only_if_fresh && used >= due ? nullptr : model;
  }
};

LiveModels::LiveModels(Env& env, Store& store, Path workspace, LiveModelOptions options)
    : env_(env), store_(store), workspace_(std::move(workspace)), options_(options) {}

LiveModels::~LiveModels() = default;

std::shared_ptr<LiveModels::Slot> LiveModels::slot_of(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  auto& slot = slots_[tenant];
  if (slot == nullptr) slot = std::make_shared<Slot>();
  return slot;
}

void LiveModels::forget(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  slots_.erase(tenant);
}

std::shared_ptr<const LiveModel> LiveModels::get(const std::string& tenant) {
  const auto slot = slot_of(tenant);
  if (auto model = slot->current(true)) return model;
  std::unique_lock opening(slot->opening, std::try_to_lock);
  if (!opening.owns_lock()) {
    if (auto model = slot->current(false)) return model;
    opening.lock();
    if (auto model = slot->current(true)) return model;
  }
  return check(tenant, *slot);
}

std::shared_ptr<const LiveModel> LiveModels::refresh(const std::string& tenant) {
  const auto slot = slot_of(tenant);
  const std::lock_guard opening(slot->opening);
  return check(tenant, *slot);
}

std::shared_ptr<const LiveModel> LiveModels::renew(const std::string& tenant) {
  const auto slot = slot_of(tenant);
  const std::lock_guard opening(slot->opening);
  {
    const std::lock_guard lock(slot->mutex);
    slot->sequence = kNoSequence;
  }
  return check(tenant, *slot);
}

// With the slot's `opening` held.
std::shared_ptr<const LiveModel> LiveModels::check(const std::string& tenant, Slot& slot) {
  const auto live = read_from(store_, [&](Transaction& t) { return t.live(tenant); });
  if (!live) {
    forget(tenant);
    fail_without_generation(tenant);
  }
  auto model = slot.current(false);
  const auto now = Clock::now();
  const bool same = model != nullptr && slot.sequence == live->sequence;
  if (!same || (slot.failures > 0 && now >= slot.retry)) {
    try {
      model = open(tenant, *live);
      slot.failures = model->nlp == nullptr ? slot.failures + 1 : 0;
    } catch (const Error& error) {
      if (model == nullptr || !may_pass(error)) throw;
      ++slot.failures;
      model = stand_in(*model, error);
    }
    slot.retry = Clock::now() + options_.retry_after *
                                    (1 << std::min(slot.failures > 0 ? slot.failures - 1 : 0, 5));
  }
  {
    const std::lock_guard lock(slot.mutex);
    slot.model = model;
    slot.sequence = live->sequence;
    slot.due = Clock::now() + options_.check_every;
  }
  if (!same) drop_surplus();
  return model;
}

std::shared_ptr<const LiveModel> LiveModels::open(const std::string& tenant,
                                                  const LiveRecord& live) {
  for (int tries = 1;; ++tries) {
    try {
      return load(tenant, live);
    } catch (const Error& error) {
      if (tries < kLoadTries && error.kind() != ErrorKind::kIo) continue;
      if (may_pass(error)) throw;
      return answer_by_rules(error);
    }
  }
}

std::shared_ptr<const LiveModel> LiveModels::load(const std::string& tenant,
                                                  const LiveRecord& live) {
  learn::Generations generations(env_, store_, workspace_, tenant);
  const auto opened = generations.open_live();
  if (!opened) fail_without_generation(tenant);
  auto model = std::make_shared<LiveModel>();
  model->generation = opened->record.generation_id;
  model->degraded = opened->degraded || live.kind == "fallback";
  model->warnings = opened->warnings;
  if (model->degraded && model->warnings.empty()) model->warnings.push_back(live.reason);
  auto nlp = learn::load_pipeline(env_, opened->pipeline, model->notes);
  nlp->vocab().set_capacity(kServedForms);
  model->for_analysis = for_analysis(*nlp);
  model->recent = std::make_shared<RecentAnalyses>(env_);
  model->nlp = std::move(nlp);
  return model;
}

// The models of tenants that were longest without a question give way.
void LiveModels::drop_surplus() {
  const std::lock_guard lock(mutex_);
  while (slots_.size() > options_.max_models) {
    const auto oldest =
        std::min_element(slots_.begin(), slots_.end(), [](const auto& a, const auto& b) {
          const std::scoped_lock both(a.second->mutex, b.second->mutex);
          return a.second->used < b.second->used;
        });
    slots_.erase(oldest);
  }
}

}  // namespace pawl::service

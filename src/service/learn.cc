#include <algorithm>

#include "base/error.h"
#include "learn/cycle/cycle_history.h"
#include "service/cycle_settings.h"
#include "service/engine.h"
#include "service/erasure.h"
#include "service/memory_search.h"
#include "service/run_cycle.h"
#include "service/tenant.h"

namespace pawl::service {
namespace {

// What the live model's pipeline is known for is no news of a cycle.
Warnings without(Warnings warnings, const Warnings& known) {
  std::erase_if(warnings, [&](const std::string& w) {
    return std::find(known.begin(), known.end(), w) != known.end();
  });
  return warnings;
}

constexpr const char* kGroups[] = {"learning", "training", "validation", "rollout"};

// What a cycle hangs on.
Json written_down(const Settings& settings) {
  Json out = Json::object();
  for (const char* group : kGroups) out[group] = settings.group_to_json(group);
  return out;
}

// Settings that there are no more are passed over.
Settings as_written(Settings settings, const Json& written) {
  for (const auto& [group, values] : written.as_object()) {
    for (const auto& [key, value] : values.as_object()) {
      const std::string name = group + "." + key;
      if (find_setting(name) == nullptr) continue;
      const std::string given = value.is_string() ? value.as_string() : to_json(value);
      settings.set(name, std::string_view(given), "settings of an earlier cycle");
    }
  }
  return settings;
}

// What a cycle that was cut off hangs on, rather than what is set now: it goes on as it began.
Json settings_to_go_on_with(Engine& engine, const std::string& tenant, const Json& now,
                            Warnings& warnings) {
  const auto unfinished =
      read_from(engine.store(), [&](Transaction& t) { return t.unfinished_cycle(tenant); });
  if (!unfinished || !learn::goes_on(*unfinished)) return now;
  const Json payload = parse_json(unfinished->payload);
  const Json* begun = payload.find(learn::kAskedWith);
  if (begun == nullptr) return now;
  std::string others;
  for (const auto& [group, values] : begun->as_object()) {
    for (const auto& [key, value] : values.as_object()) {
      const Json* known = now.find(group) == nullptr ? nullptr : now.at(group).find(key);
      if (known == nullptr || to_json(*known) == to_json(value)) continue;
      others += (others.empty() ? "" : ", ") + group + "." + key + " = " + to_json(value);
    }
  }
  if (!others.empty())
    warnings.push_back("the cycle goes on with the settings that it began with: " + others);
  return *begun;
}

// A pipeline keeps the encoder that it has; whoever set another one will want to know.
void tell_of_other_encoder(Engine& engine, const Path& wanted, const LiveModel& model,
                           const std::string& tenant, Warnings& warnings) {
  const std::string setting = engine.settings().text("training.encoder");
  const auto own = encoder_of(model.nlp.get());
  if (setting == "auto" || own == nullptr) return;
  try {
    if (!wanted.empty() &&
        SentenceEncoder::load(engine.env(), wanted)->fingerprint() == own->fingerprint())
      return;
  } catch (const Error&) {
    // Not this one either.
  }
  warnings.push_back("training.encoder = \"" + setting +
                     "\" is for pipelines without an encoder; that of tenant \"" + tenant +
                     "\" has one and keeps it");
}

}  // namespace

Answer<learn::CycleResult> run_cycle(Engine& engine, learn::CycleRequest request,
                                     const Json& settings, Progress& progress) {
  // A cycle that is run again is told with what, and by whom.
  Warnings warnings;
  if (settings.is_null()) warnings = engine.tenant(request.tenant).watch().warnings;
  const Settings now = engine.settings();
  request.settings = settings.is_null() ? settings_to_go_on_with(engine, request.tenant,
                                                                 written_down(now), warnings)
                                        : settings;
  learn::CycleSettings with = cycle_settings(as_written(now, request.settings));
  const Path encoder = with.encoder = engine.encoder();
  learn::Generations generations(engine.env(), engine.store(), engine.folder(), request.tenant);
  learn::LearningCycle cycle(engine.env(), engine.store(), generations, std::move(with));
  auto result = cycle.run(request, progress, warnings);
  const auto model = engine.live_models().refresh(request.tenant);
  tell_of_other_encoder(engine, encoder, *model, request.tenant, warnings);
  return {std::move(result), without(std::move(warnings), model->notes)};
}

Answer<learn::CycleResult> Tenant::learn(bool force, Progress& progress) const {
  finish_erasure(*engine_, id_, progress);
  return run_cycle(*engine_, {.tenant = id_, .force = force}, nullptr, progress);
}

Answer<learn::CycleResult> Tenant::tune(Progress& progress) const {
  finish_erasure(*engine_, id_, progress);
  return run_cycle(*engine_, {.tenant = id_, .tune = true}, nullptr, progress);
}

bool Tenant::tunes_after(const learn::CycleResult& cycle) const {
  return cycle.tuning_is_due && engine_->settings().flag("training.tune_after_cycle");
}

}  // namespace pawl::service

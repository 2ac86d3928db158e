#include "training/component_roles.h"

#include <algorithm>

#include "base/error.h"
#include "config/spacy_config.h"
#include "pipeline/component/files.h"
#include "pipeline/registry.h"
#include "pipeline/tok2vec/link.h"
#include "training/contains.h"

namespace pawl {

namespace {

void check_names(const Language& language, const std::string& key,
                 const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!language.find(name)) {
      throw Error(ErrorKind::kFormat,
                  key + ": there is no component '" + name + "' in nlp.pipeline");
    }
  }
}

struct Listening {
  std::string listener, upstream;  // `upstream` is empty when nothing runs that it could listen to
};

// Who of the enabled components listens to whom.
std::vector<Listening> listeners(const Language& language) {
  std::vector<Listening> out;
  std::vector<std::string> upstreams;
  for (const std::string& name : language.pipe_names()) {
    if (const auto* one = dynamic_cast<const Tok2VecListening*>(language.find(name));
        one && !one->upstream_name().empty()) {
      const std::string wanted = one->upstream_name();
      std::string found = contains(upstreams, wanted) ? wanted : std::string();
      if (wanted == "*" && !upstreams.empty()) found = upstreams.back();
      out.push_back({name, found});
    }
    if (dynamic_cast<const Tok2VecUpstream*>(language.find(name))) upstreams.push_back(name);
  }
  return out;
}

void check_frozen_have_weights(Language& language, const TrainingSettings& settings) {
  for (const std::string& name : settings.frozen_components) {
    TrainableComponent* component = language.find_trainable(name);
    if (!component || !contains(language.pipe_names(), name)) continue;
    if (!all_defined(component->model())) {
      throw Error(ErrorKind::kFormat,
                  "training.frozen_components: '" + name +
                      "' has no weights and would never get any; take it from a trained pipeline "
                      "(source = ...), or do not freeze it");
    }
  }
}

void check_listeners(const Language& language, const TrainingSettings& settings) {
  for (const Listening& pair : listeners(language)) {
    if (contains(settings.frozen_components, pair.listener)) continue;
    const bool learns =
        !pair.upstream.empty() && !contains(settings.frozen_components, pair.upstream);
    if (learns || contains(settings.annotating_components, pair.upstream)) continue;
    throw Error(ErrorKind::kFormat,
                pair.upstream.empty()
                    ? "nlp.disabled: '" + pair.listener +
                          "' listens to a tok2vec that does not run; enable it, or disable both"
                    : "training.annotating_components: '" + pair.listener + "' listens to '" +
                          pair.upstream + "', which is frozen; add '" + pair.upstream +
                          "' to the annotating components, so that its vectors are there");
  }
}

// pawl scores each component in its one way; null means that it is not scored.
void check_scorers(const Language& language) {
  for (const std::string& name : language.pipe_names()) {
    const Component& component = *language.find(name);
    const Json block = component.config();
    const Json* scorer = block.find("scorer");
    if (!scorer || scorer->is_null()) continue;
    Json defaults = Json::object();
    defaults["factory"] = component.factory();
    fill_component_defaults(defaults);
    if (const Json* own = defaults.find("scorer"); own && *own != *scorer) {
      throw Error(ErrorKind::kUnsupported, "components." + name + ".scorer: pawl scores it with " +
                                               own->as_object().front().second.as_string() +
                                               " only; name that, or null");
    }
  }
}

}  // namespace

void check_component_roles(Language& language, const TrainingSettings& settings,
                           const Json& config) {
  check_names(language, "training.frozen_components", settings.frozen_components);
  check_names(language, "training.annotating_components", settings.annotating_components);
  if (const Json* blocks = find_config(config, "initialize.components");
      blocks && blocks->is_object()) {
    for (const auto& [name, block] : blocks->as_object())
      check_names(language, "initialize.components", {name});
  }
  check_frozen_have_weights(language, settings);
  check_listeners(language, settings);
  check_scorers(language);
}

Warnings component_role_warnings(const Language& language, const TrainingSettings& settings) {
  Warnings out;
  for (const Listening& pair : listeners(language)) {
    if (pair.upstream.empty() || !contains(settings.frozen_components, pair.listener) ||
        contains(settings.frozen_components, pair.upstream))
      continue;
    out.push_back("training.frozen_components: '" + pair.listener + "' is frozen, but '" +
                  pair.upstream + "', which it listens to, is trained, so it will do worse");
  }
  return out;
}

}  // namespace pawl

// A component under another name, or with a tok2vec of its own in place of a listener (spaCy's
// Language.replace_listeners).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "pipeline/component/component.h"
#include "pipeline/language.h"

namespace pawl {

struct Remade {
  std::unique_ptr<Component> component;
  Json config;  // its [components.NAME] block
};

// A copy of `language`'s component `from`, named `name`, over `vocab`. `listeners` are paths in its
// block, as in spaCy all of them ("model.tok2vec") or none; the layers there become copies of the
// tok2vec component's that they listen to. Throws Error(kInvalidInput) for other paths.
Remade remake_component(const Language& language, const std::string& from, const std::string& name,
                        const std::vector<std::string>& listeners, std::shared_ptr<Vocab> vocab);

}  // namespace pawl

// The factories pawl runs: which name makes which component, and what spaCy fills in. Each takes
// the component's name and its interpolated [components.NAME] block and throws Error(kUnsupported)
// naming an architecture or option it does not know.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "pipeline/component/component.h"

namespace pawl {

using Factory = std::unique_ptr<Component> (*)(const std::string& name, const Json& config,
                                               std::shared_ptr<Vocab> vocab);

// Null for a factory pawl does not run: such a component is carried.
Factory find_factory(std::string_view factory);

// Adds what spaCy's factory would fill in (model, threshold ...) where the block says nothing.
void fill_component_defaults(Json& block);

// The component a [components.NAME] block describes, untrained; throws Error(kUnsupported) naming
// factory or architecture.
std::unique_ptr<Component> make_component(const std::string& name, const Json& config,
                                          std::shared_ptr<Vocab> vocab);

}  // namespace pawl

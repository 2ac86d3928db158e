// spaCy's factories "span_ruler" and "future_entity_ruler": spans, and entities, by patterns.
#pragma once

#include <memory>
#include <string>

#include "base/json.h"
#include "pipeline/component/component.h"

namespace pawl {

// `config` is the interpolated [components.NAME] block, with its "factory". Throws
// Error(kUnsupported) naming an option it does not know.
std::unique_ptr<Component> make_span_ruler(const std::string& name, const Json& config,
                                           std::shared_ptr<Vocab> vocab);

}  // namespace pawl

// spaCy's factory "tok2vec": the network that other components listen to.
#pragma once

#include <memory>
#include <string>

#include "base/json.h"
#include "pipeline/component/component.h"

namespace pawl {

// `config` is the interpolated [components.NAME] block. Throws Error(kUnsupported) naming an
// architecture or option it does not know.
std::unique_ptr<Component> make_tok2vec(const std::string& name, const Json& config,
                                        std::shared_ptr<Vocab> vocab);

}  // namespace pawl

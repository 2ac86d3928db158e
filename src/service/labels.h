// What the heads of the live model can say.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "service/engine.h"

namespace pawl::service {

// Names of labels by head, in the order of the heads and of their labels. A head that the live
// pipeline lacks has none.
std::vector<std::pair<std::string, std::vector<std::string>>> labels_of(Engine& engine,
                                                                        const std::string& tenant);

}  // namespace pawl::service

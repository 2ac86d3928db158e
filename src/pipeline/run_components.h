// Components in order over documents.
#pragma once

#include <span>

#include "pipeline/component/component.h"

namespace pawl {

// What predict() of each gives. Hybrid heads, which read a document's text alone, answer together
// in the place of the first of them.
void run_components(std::span<const Component* const> components, std::span<Doc> docs);

}  // namespace pawl

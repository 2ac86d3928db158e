#pragma once

#include <cstddef>

namespace pawl {

// Panels of `panel` columns that hold `columns`.
inline size_t panels_of(size_t columns, size_t panel) {
  return (columns + panel - 1) / panel;
}

}  // namespace pawl

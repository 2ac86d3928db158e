#pragma once

#include <string>

#include "base/json.h"

namespace pawl::wire {

// What is not known is null.
inline Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace pawl::wire

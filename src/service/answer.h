// A result and what its caller should hear beside it.
#pragma once

#include "base/log.h"

namespace pawl::service {

template <typename T>
struct Answer {
  T value;
  Warnings warnings = {};  // of this call; empty when all is well
};

}  // namespace pawl::service

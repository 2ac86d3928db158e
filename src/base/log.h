// Warnings that an operation collects for its caller instead of printing them.
#pragma once

#include <string>
#include <vector>

namespace pawl {

using Warnings = std::vector<std::string>;

}  // namespace pawl

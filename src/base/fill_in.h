// Texts of the operator's with places to fill in.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl {

using Fillings = std::vector<std::pair<std::string_view, std::string>>;

// Each place is replaced wherever it stands; what is filled in is not looked at again.
std::string fill_in(std::string_view text, const Fillings& fillings);

}  // namespace pawl

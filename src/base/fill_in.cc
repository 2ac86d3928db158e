#include "base/fill_in.h"

namespace pawl {

std::string fill_in(std::string_view text, const Fillings& fillings) {
  std::string out;
  while (!text.empty()) {
    bool filled = false;
    for (const auto& [place, with] : fillings) {
      if (!text.starts_with(place)) continue;
      out += with;
      text.remove_prefix(place.size());
      filled = true;
      break;
    }
    if (filled) continue;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace pawl

#include "http/gateway/fill_in.h"

namespace pawl::http {

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

std::string in_words(std::string label) {
  for (char& c : label) c = c == '_' ? ' ' : c;
  return label;
}

std::string entities_in_words(const service::Analysis& analysis) {
  std::string out;
  for (const auto& entity : analysis.entities) {
    if (!out.empty()) out += ", ";
    out += entity.text;
  }
  return out;
}

}  // namespace pawl::http

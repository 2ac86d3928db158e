#include "http/gateway/fill_in.h"

namespace pawl::http {

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

#include "text/language_tables.h"

namespace pawl {
namespace {

#include "text/language_tables.inc"

}  // namespace

std::span<const std::string_view> symbol_names() {
  return kSymbols;
}
std::span<const std::pair<std::string_view, std::string_view>> base_norms() {
  return kBaseNorms;
}
std::span<const std::string_view> top_level_domains() {
  return kTopLevelDomains;
}
std::string_view url_pattern() {
  return kUrlPattern;
}
std::string_view english_rules() {
  return kEnglish;
}

}  // namespace pawl

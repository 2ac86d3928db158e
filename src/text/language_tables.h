// spaCy's constants that no pipeline folder carries: symbols, base norms, the LIKE_URL tables,
// English.
#pragma once

#include <span>
#include <string_view>
#include <utility>

namespace pawl {

std::span<const std::string_view> symbol_names();  // index: the id
// Norms every language shares (punctuation, quotes, currency signs).
std::span<const std::pair<std::string_view, std::string_view>> base_norms();
std::span<const std::string_view> top_level_domains();  // sorted
std::string_view url_pattern();                         // Python re; what LIKE_URL falls back to
std::string_view english_rules();                       // lex_attrs.json of English

}  // namespace pawl

// The language-independent lexical attributes of spaCy, as functions of a word's form (well-formed
// UTF-8, not empty).
#pragma once

#include <string>
#include <string_view>

namespace pawl {

std::string word_shape(std::string_view text);
std::string_view prefix_of(std::string_view text);  // the first code point
std::string_view suffix_of(std::string_view text);  // the last three
bool is_punct(std::string_view text);
bool is_bracket(std::string_view text);
bool is_quote(std::string_view text);
bool is_left_punct(std::string_view text);
bool is_right_punct(std::string_view text);
bool is_currency(std::string_view text);  // nothing but signs of currencies (category Sc)
bool is_ascii(std::string_view text);
bool is_ascii_letters(std::string_view text);  // what most words are
bool is_like_email(std::string_view text);
bool is_like_url(std::string_view text);

}  // namespace pawl

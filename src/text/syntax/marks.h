// Marks of question and exclamation, of every script that has its own.
#pragma once

#include <cstdint>
#include <string_view>

namespace pawl {

// Spanish opens with one, too, which does not count.
bool is_question_mark(char32_t c);
// How many exclamations it stands for: 0 for most characters, 2 for the double mark.
uint64_t exclamations_of(char32_t c);

bool has_question_mark(std::string_view text);
bool has_exclamation_mark(std::string_view text);

}  // namespace pawl

// Full names of persons, in any casing, where there is no sentence around them: in labels and ids.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pawl::learn {

// Whether a given name and a surname stand beside each other in `words` (in small letters), in
// either order, with initials, particles or a second given name between. Names are those of some
// seventy countries (name_tables.inc); where both are everyday words, too ("mark price", "grant
// read"), they are none.
bool holds_full_name(std::span<const std::string> words);

// A given name of at least three letters that is no everyday word.
bool is_plain_given_name(std::string_view word);

// A surname that is no everyday word.
bool is_plain_surname(std::string_view word);

}  // namespace pawl::learn

// Names of persons in a text: what a recogniser found, and what people say around names.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "learn/privacy/pii.h"

namespace pawl::learn {

// The names in `text`, in order and apart. `recognised` are the persons that NER found: those that
// are none by their form (digits, names of programs, greetings) are left out, edges without a name
// are cut off. Added is what stands where names stand: after an introduction ("my name is …", "ich
// heiße …"; in any casing), a title ("Mrs. …"), a greeting or a farewell, in a field ("customer
// name: …", "from: …"), and every other place where a name of the same text is said again.
std::vector<CodePointSpan> find_names(std::string_view text,
                                      std::span<const CodePointSpan> recognised);

}  // namespace pawl::learn

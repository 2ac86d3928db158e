// JSON files as spaCy writes them (srsly.write_json): two blanks of indentation, no blank after a
// colon, empty lists and objects over three lines, nothing above U+007F.
#pragma once

#include <string>

#include "base/json.h"

namespace pawl {

std::string srsly_json(const Json& value);

}  // namespace pawl

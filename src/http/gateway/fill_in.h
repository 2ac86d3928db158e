// What is filled into prompts and answers.
#pragma once

#include <string>

#include "base/fill_in.h"
#include "service/analysis.h"

namespace pawl::http {

std::string in_words(std::string label);                           // "debug_error" -> "debug error"
std::string entities_in_words(const service::Analysis& analysis);  // "pandas, Berlin"

}  // namespace pawl::http

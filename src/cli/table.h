// Columns for a person's eyes.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace pawl::cli {

// The first row is the head. Columns are as wide as their widest cell, in code points; the last one
// is not filled up.
void print_table(const std::vector<std::vector<std::string>>& rows);

// "2026-11-22 14:05", in UTC.
std::string minute_of(int64_t micros);
// "3.2 s", "4 min 10 s"; "-" for nothing.
std::string duration(double seconds);

// Of a cycle's "validation": "intent 0.82 → 0.86, sentiment 0.71 → 0.70"; only heads that were
// deployed where there are some. Empty without figures.
std::string before_and_after(const Json& validation);
// Why, in about five words: "better on 133 held-out texts", "no head measurably better".
std::string why_in_short(const Json& validation);

}  // namespace pawl::cli

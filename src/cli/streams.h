// JSON Lines on standard input and output.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <string_view>

#include "base/json.h"

namespace pawl::cli {

// A line longer than this is reported and skipped, never kept in memory.
inline constexpr size_t kMaxLine = size_t{16} << 20;

struct LineCounts {
  uint64_t lines = 0;  // with something on them
  uint64_t rejected = 0;
};

// Calls `good` with every line that holds valid UTF-8 JSON, in order, and `bad` with the number of
// any other and what is wrong with it. An Error that `good` throws with kind kInvalidInput or
// kFormat goes to `bad` as well; others end the reading. Blank lines are passed over.
LineCounts for_each_json_line(
    std::istream& in, const std::function<void(uint64_t line, const Json& value)>& good,
    const std::function<void(uint64_t line, const std::string& what)>& bad);

// The text of {"text": ...} or of a JSON string; throws Error(kInvalidInput) for anything else.
std::string text_of(const Json& value);

// One line to standard output. Throws Error(kIo) when nobody reads it any more or the disk is full.
void print_line(std::string_view text);
void print_json(const Json& value);
void flush_output();
// "pawl: line 3: ..." to standard error.
void report_line(uint64_t line, const std::string& what);

}  // namespace pawl::cli

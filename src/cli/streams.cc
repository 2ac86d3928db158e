#include "cli/streams.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/error.h"
#include "base/utf8.h"

namespace pawl::cli {
namespace {

// False at the end of the stream. Of a line that is too long only the fact is kept.
bool read_line(std::istream& in, std::string& line, bool& too_long) {
  line.clear();
  too_long = false;
  std::streambuf& buffer = *in.rdbuf();
  bool any = false;
  for (int c = buffer.sbumpc(); c != EOF; c = buffer.sbumpc()) {
    any = true;
    if (c == '\n') return true;
    if (line.size() < kMaxLine) {
      line += static_cast<char>(c);
    } else {
      too_long = true;
    }
  }
  return any;
}

[[noreturn]] void fail_output() {
  throw Error(ErrorKind::kIo, std::string("standard output: ") + std::strerror(errno));
}

}  // namespace

LineCounts for_each_json_line(std::istream& in,
                              const std::function<void(uint64_t, const Json&)>& good,
                              const std::function<void(uint64_t, const std::string&)>& bad) {
  LineCounts counts;
  std::string line;
  bool too_long = false;
  auto reject = [&](uint64_t number, const std::string& what) {
    ++counts.rejected;
    bad(number, what);
  };
  for (uint64_t number = 1; read_line(in, line, too_long); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos && !too_long) continue;
    ++counts.lines;
    if (too_long) {
      reject(number, "longer than " + std::to_string(kMaxLine >> 20) + " MiB");
      continue;
    }
    if (const size_t at = utf8::find_invalid(line); at != utf8::kValid) {
      reject(number, "not valid UTF-8 at byte " + std::to_string(at));
      continue;
    }
    try {
      good(number, parse_json(line));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInvalidInput && error.kind() != ErrorKind::kFormat) throw;
      reject(number, error.what());
    }
  }
  return counts;
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.as_string();
  if (!value.is_object())
    throw Error(ErrorKind::kInvalidInput, "must be a string or an object with \"text\"");
  return value.at("text").as_string();
}

void print_line(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
      std::fputc('\n', stdout) == EOF)
    fail_output();
}

void print_json(const Json& value) {
  print_line(to_json(value));
}

void flush_output() {
  if (std::fflush(stdout) != 0) fail_output();
}

void report_line(uint64_t line, const std::string& what) {
  std::fprintf(stderr, "pawl: line %llu: %s\n", static_cast<unsigned long long>(line),
               what.c_str());
}

}  // namespace pawl::cli

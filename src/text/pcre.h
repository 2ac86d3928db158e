// A compiled PCRE2 pattern: UTF, UCP, JIT, limits.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

struct Found {
  size_t start = 0;  // bytes
  size_t end = 0;
};

class Pcre {
 public:
  // `name` is for error messages. Null when the pattern is too large to compile in one piece;
  // throws Error(kFormat) when it is wrong.
  static std::unique_ptr<Pcre> compile(const std::string& pattern, bool anchored,
                                       const std::string& name);
  ~Pcre();

  // The first match at `from` or later; `text` is well-formed UTF-8. With `not_empty`, an empty
  // match at `from` does not count. Throws Error(kInvalidInput) naming the pattern when the limits
  // on steps and memory are reached. Safe for concurrent use.
  std::optional<Found> search(std::string_view text, size_t from = 0, bool not_empty = false) const;

 private:
  struct Impl;
  explicit Pcre(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pawl

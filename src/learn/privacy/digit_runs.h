// The runs of digits of a text, and what each of them is part of besides a number of somebody's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "learn/privacy/folded_text.h"

namespace pawl::pii {

enum class Reading : uint8_t {
  kOpen,     // nothing speaks against a number of somebody's
  kDate,     // "2024-01-05", "08/05/26", "1939-1945"
  kTime,     // "10:30", "12:00:01.5"
  kDecimal,  // "0.5283", "1,234,567.00"
  kWord,     // part of a hash, a UUID, an identifier
  kGlued,    // letters touch it
  kPath,     // part of a path or a URL
};

struct DigitRun {
  size_t start;
  size_t end;
  Reading reading = Reading::kOpen;
  size_t size() const { return end - start; }
};

std::vector<DigitRun> find_digit_runs(const FoldedText& text);

}  // namespace pawl::pii

// A stretch of digit runs that may together be one number of somebody's.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "learn/privacy/cues.h"
#include "learn/privacy/digit_runs.h"
#include "learn/privacy/folded_text.h"

namespace pawl::pii {

struct NumberWindow {
  const FoldedText* text = nullptr;
  const Cues* cues = nullptr;
  std::span<const DigitRun> runs;
  std::string digits;          // of all runs
  const CueAt* cue = nullptr;  // the nearest before it that says what a number is
  bool offered = false;        // "it is", "number", shortly before it

  size_t start() const { return runs.front().start; }
  size_t end() const { return runs.back().end; }
  // What stands between run i and the next.
  std::u32string_view gap(size_t i) const { return text->view(runs[i].end, runs[i + 1].start); }
  bool has_shape(std::initializer_list<size_t> sizes) const;
  bool has_reading(Reading reading) const;
  bool is_after(CueKind kind, size_t reach) const {
    return cue != nullptr && cue->kind == kind && start() - cue->end <= reach;
  }
};

// Nothing touches it that makes it a part of something else: a letter, "_", a sign of money, "%", a
// decimal point. A cue of `kinds` right before it may; "_" and "#" may touch a form that says
// enough.
bool stands_alone(const NumberWindow& window, CueKinds kinds);
// One of `signs` stands between its runs.
bool is_joined_by(const NumberWindow& window, std::u32string_view signs);
// A word of measure or a sign of money or per cent follows it.
bool is_measured(const NumberWindow& window);

bool is_card(const NumberWindow& window);             // cards.cc
bool is_social_security(const NumberWindow& window);  // national_ids.cc
// How far a phone number reaches that begins with run 0 of `chain`, in runs; 0 when none does.
// `window` holds cue and text. `start` and `end` come to hold the signs that belong to it.
size_t phone_runs(const NumberWindow& window, std::span<const DigitRun> chain, size_t& start,
                  size_t& end);  // phones.cc
bool passes_luhn(std::string_view digits);

}  // namespace pawl::pii

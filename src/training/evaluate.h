// A pipeline's scores and speed on reference documents (Language.evaluate).
#pragma once

#include <span>
#include <vector>

#include "base/progress.h"
#include "training/scorer.h"

namespace pawl {

struct EvaluateOptions {
  bool per_component = false;  // the scores of the tokenizer and each component by itself
};

// Runs the pipeline on the references' texts. spaCy's keys, "speed" in words per second included.
Json evaluate(const Language& language, std::span<const GoldDoc> references,
              const EvaluateOptions& options = {}, Progress& progress = Progress::silent());

}  // namespace pawl

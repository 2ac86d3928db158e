// "pawl evaluate" and "pawl benchmark accuracy": the same measurement, the same table.
#pragma once

#include <string>

#include "cli/verb.h"

namespace pawl::cli {

struct EvaluationArguments {
  std::string model, data, output;
  std::string spans_key = "sc";
  bool json = false;
  bool per_component = false;

  void declare(Options& options);
};

int run_evaluation(Context& context, const EvaluationArguments& arguments);

}  // namespace pawl::cli

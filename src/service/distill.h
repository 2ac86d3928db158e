// What distilling the live pipeline into stock spaCy components came to.
#pragma once

#include <string>
#include <vector>

#include "learn/distill/distill.h"

namespace pawl::service {

struct DistillSummary {
  std::string generation;
  size_t turns = 0, examples = 0;  // texts looked at
  std::vector<learn::DistilledHead> heads;
  std::vector<std::string> components;  // of the new pipeline
  std::vector<std::string> left_out;    // components that only pawl runs
};

}  // namespace pawl::service

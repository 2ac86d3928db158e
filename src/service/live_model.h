// The live pipeline as collecting sees it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "learn/intake/collect.h"
#include "pipeline/language.h"

namespace pawl::service {

// `nlp` may be null: then nothing is predicted and no name is found.
std::unique_ptr<learn::CollectModel> make_collect_model(const Language* nlp,
                                                        std::string generation);

}  // namespace pawl::service

// A model's weights in a file of any name.
#pragma once

#include "base/env.h"
#include "nn/model.h"

namespace pawl {

// Fills `root`, a tree of the same structure. Errors name the file.
void read_model_file(Env& env, const Path& file, nn::Node& root);

}  // namespace pawl

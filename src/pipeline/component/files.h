// The files a trainable component keeps in its folder: `model` and `cfg`.
#pragma once

#include "base/env.h"
#include "base/json.h"
#include "nn/model.h"

namespace pawl {

void write_model(Env& env, const Path& folder, nn::Node& root);
// Fills `root`, a tree of the same structure. Errors name the file.
void read_model(Env& env, const Path& folder, nn::Node& root);

// Whether every parameter has values: false for a pipeline that was saved before it was
// initialised.
bool all_defined(nn::Node& root);

void write_cfg(Env& env, const Path& folder, const Json& cfg);
// An empty object when the file does not exist, as in spaCy.
Json read_cfg(Env& env, const Path& folder);

}  // namespace pawl

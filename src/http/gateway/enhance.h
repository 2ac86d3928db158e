// What this engine understands of a question, told to the upstream in a system message (off by
// default: the request is then no longer passed through unchanged).
#pragma once

#include <string>

#include "base/env.h"
#include "service/engine.h"

namespace pawl::http {

// Writes the workspace's prompts/enhance.txt unless it is there.
void write_enhancement_prompt(Env& env, const Path& workspace);

// The request's body with the prompt as first message: {intent}, {sentiment}, {persona}, {entities}
// and {memories}, the nearest three, are filled in. Throws Error when anything needed is not there;
// the request then goes on as it came.
std::string enhanced_body(Env& env, service::Engine& engine, const std::string& tenant,
                          const std::string& body, const std::string& user_text);

}  // namespace pawl::http

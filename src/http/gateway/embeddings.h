// OpenAI's embeddings from the tenant's own sentence encoder.
#pragma once

#include "base/json.h"
#include "service/engine.h"

namespace pawl::http {

// {"input": text or [texts], "encoding_format"?: "float"|"base64"} to {"object": "list", "data":
// [{"embedding", "index"}, ...]}. Throws Error(kInvalidInput) naming the key, Error(kUnsupported)
// when the live pipeline has no encoder.
Json embeddings(service::Engine& engine, const std::string& tenant, const Json& body);

}  // namespace pawl::http

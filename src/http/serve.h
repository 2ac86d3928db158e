// The service: everything of `pawl serve` put together.
#pragma once

#include <functional>
#include <string>

#include "service/engine.h"

namespace pawl::http {

// What the edge shows of it.
struct ServeEvents {
  // It listens. `key` is the first admin key, made now; empty when there were keys already.
  std::function<void(const std::string& url, const std::string& key)> on_ready;
};

// Runs until SIGTERM or SIGINT, drains, and returns. `options` come with all settings. Throws Error
// for what keeps it from starting: settings name their key.
void serve(Env& env, service::EngineOptions options, const ServeEvents& events);

}  // namespace pawl::http

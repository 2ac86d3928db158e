// What the interface's Engine holds, and how its calls reach the use cases.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/progress.h"
#include "pawl/engine.h"
#include "service/engine.h"

namespace pawl::v1 {

struct Engine::Impl {
  std::filesystem::path workspace;
  std::vector<std::string> warnings;
  std::unique_ptr<service::Engine> engine;

  service::Tenant tenant(std::string_view id) const { return engine->tenant(std::string(id)); }
};

// A call's observer and its stop token as one.
class RunProgress final : public Progress {
 public:
  explicit RunProgress(const RunOptions& run) : run_(run) {}
  void begin(std::string_view stage, uint64_t total) override { watcher().begin(stage, total); }
  void advance(uint64_t steps) override { watcher().advance(steps); }
  void note(std::string_view text) override { watcher().note(text); }
  void end() override { watcher().end(); }
  bool stop_requested() const override {
    return run_.stop.stop_requested() || watcher().stop_requested();
  }

 private:
  Progress& watcher() const { return run_.progress != nullptr ? *run_.progress : silent(); }
  const RunOptions& run_;
};

}  // namespace pawl::v1

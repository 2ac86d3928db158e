// A checkpoint in a file.
#pragma once

#include <chrono>

#include "base/checkpoint.h"
#include "base/env.h"

namespace pawl::learn {

// Every few seconds. Not synced: it spares work after a kill, and is no loss after a power cut. A
// digest in front of it tells what is damaged or cut off, which is as good as none.
class FileCheckpoint final : public Checkpoint {
 public:
  // `env` must outlive it.
  FileCheckpoint(Env& env, Path file, std::chrono::milliseconds every = std::chrono::seconds(5));

  std::string load() override;
  bool is_due() override;
  void save(std::string_view state) override;
  void remove();

 private:
  Env& env_;
  Path file_;
  std::chrono::milliseconds every_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace pawl::learn

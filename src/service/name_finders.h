// Who finds the names of persons in what is collected: for each tenant the recogniser it began
// with, whatever its heads have learnt since.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/env.h"
#include "learn/privacy/pii.h"
#include "service/live_models.h"
#include "store/store.h"

namespace pawl::service {

// Safe for any number of threads.
class NameFinders {
 public:
  NameFinders(Env& env, Store& store, Path workspace)
      : env_(env), store_(store), workspace_(std::move(workspace)) {}

  // What must look for the names: null when `live` itself does, being the original or, in an older
  // workspace, the only one there is. Throws Error(kIo) when the recogniser cannot be used: then no
  // text may be kept.
  std::shared_ptr<const Language> get(const std::string& tenant, const LiveModel& live);
  // The next one is opened anew.
  void forget(const std::string& tenant);

 private:
  struct Entry {
    std::string generation;  // that was live when this was decided
    std::shared_ptr<const Language> finder;
  };

  std::shared_ptr<const Language> open(const std::string& tenant, const LiveModel& live);

  Env& env_;
  Store& store_;
  Path workspace_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

// Spans of the persons in an annotated document.
std::vector<learn::CodePointSpan> persons_of(const Doc& doc);

}  // namespace pawl::service

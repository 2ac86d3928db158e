// The models that answer: one of each tenant, replaced whole when another generation goes live.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/log.h"
#include "pipeline/language.h"
#include "service/recent_analyses.h"
#include "store/store.h"

namespace pawl::service {

// What answers for a tenant. Never changes; whoever answers with it holds the pointer until done.
struct LiveModel {
  std::shared_ptr<const Language> nlp;  // null: no generation can be used, rules answer
  std::string generation;               // empty when rules answer
  bool degraded = false;                // not the generation that should be live
  Warnings warnings;                    // why it is degraded, or what was mended
  Warnings notes;  // about the pipeline itself, the same as long as the generation lives
  // What runs for an analysis, in order: all that do but lemmatizers, where nothing after them can
  // read a lemma. No analysis shows one, and each new one would be kept as long as the model.
  std::vector<const Component*> for_analysis;
  std::shared_ptr<RecentAnalyses> recent;  // its own; null where rules answer
};

struct LiveModelOptions {
  // How long an answer may come from a generation that another process replaced. This process's own
  // changes are seen at once (refresh).
  std::chrono::milliseconds check_every{100};
  // Until a model that could not be opened is tried again; doubles up to sixty times that.
  std::chrono::milliseconds retry_after{1000};
  size_t max_models = 64;  // kept loaded; the one that answered longest ago goes first
};

// Word forms that a pipeline which serves for long keeps of the texts it reads. Frequent words are
// among the first that are met; forms beyond cost their tokens a little time and leave nothing
// behind, so that memory stays flat.
inline constexpr size_t kServedForms = 8000;

// Safe for any number of threads. While one thread opens a new generation the others go on with the
// one they have. Every generation is opened with a vocabulary of its own, so that what users' texts
// bring into it goes with it.
class LiveModels {
 public:
  // The references must outlive this.
  LiveModels(Env& env, Store& store, Path workspace, LiveModelOptions options = {});
  ~LiveModels();

  // Throws Error(kNotFound) for a tenant without a generation. What is damaged is answered for by
  // an older generation, at last by rules; an error that may pass (the disk, too many open files)
  // is thrown when no model is loaded, else the loaded one goes on, degraded.
  std::shared_ptr<const LiveModel> get(const std::string& tenant);
  // The same, but looks at the live pointer now.
  std::shared_ptr<const LiveModel> refresh(const std::string& tenant);
  // Opens the generation that is live anew: of the texts that the loaded one read nothing is left
  // when those who answer with it are done.
  std::shared_ptr<const LiveModel> renew(const std::string& tenant);

 private:
  struct Slot;
  std::shared_ptr<Slot> slot_of(const std::string& tenant);
  std::shared_ptr<const LiveModel> check(const std::string& tenant, Slot& slot);
  std::shared_ptr<const LiveModel> open(const std::string& tenant, const LiveRecord& live);
  std::shared_ptr<const LiveModel> load(const std::string& tenant, const LiveRecord& live);
  void forget(const std::string& tenant);
  void drop_surplus();

  Env& env_;
  Store& store_;
  Path workspace_;
  LiveModelOptions options_;
  std::mutex mutex_;  // of slots_
  std::map<std::string, std::shared_ptr<Slot>> slots_;
};

}  // namespace pawl::service

// What answers when no upstream does: an earlier answer that was rated well, else a template.
#pragma once

#include <map>
#include <string>

#include "base/env.h"
#include "service/engine.h"

namespace pawl::http {

struct LocalAnswer {
  std::string text;
  std::string degraded;  // "local", or "rules" when not even the pipeline could be asked
  std::string generation;
  bool remembered = false;
};

// Safe for threads.
class LocalAnswers {
 public:
  // Templates are files templates/INTENT.PERSONA.txt, INTENT.txt, PERSONA.txt or default.txt of the
  // workspace, the first that is there; {intent}, {sentiment}, {persona} and {entities} are filled
  // in. A default.txt is written when there is no such folder.
  LocalAnswers(Env& env, service::Engine& engine, bool use_memory);

  LocalAnswer answer(const std::string& tenant, const std::string& text) const;

 private:
  std::string from_template(const service::Analysis& analysis) const;

  Env& env_;
  service::Engine& engine_;
  Path folder_;
  bool use_memory_;
};

// A completion's body, and the same as a stream of events.
std::string completion_of(const LocalAnswer& answer, const std::string& id,
                          const std::string& model, int64_t now_micros);
std::string stream_of(const LocalAnswer& answer, const std::string& id, const std::string& model,
                      int64_t now_micros);

}  // namespace pawl::http

// What understands an utterance. The workspace's live model is the default; a program may bring its
// own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/types.h"

PAWL_BEGIN_API

// Called by several threads at once.
class Analyzer {
 public:
  virtual ~Analyzer() = default;
  // One analysis for each text, in order. What it throws, takes longer for than
  // LearnerOptions::service_timeout, or gives back broken (another number of analyses, a confidence
  // outside of 0..1, an entity that is not in the text) is survived: the live model answers in its
  // place, and the answer says so.
  virtual std::vector<Analysis> analyze(std::span<const std::string> texts) = 0;
};

// The persona that answers an intent by the usual rules, which a workspace's personas.txt may
// overrule; "support-assistant" for intents of a workspace's own.
std::string persona_for(std::string_view intent);

PAWL_END_API

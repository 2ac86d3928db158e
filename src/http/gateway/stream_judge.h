// Whether a stream of events is an answer, looked at event by event as it passes.
#pragma once

#include <string>

#include "http/gateway/sse.h"

namespace pawl::http {

class StreamJudge {
 public:
  // Until the first good one every event is read; later ones are only looked at.
  void look(const SseParser::Event& event);

  bool good() const { return good_; }                  // the first event is a good one
  const std::string& fault() const { return fault_; }  // what else it is; empty before any
  bool failed() const { return failed_; }              // a later event is an error
  bool ended() const { return done_ || reason_; }      // it said so itself

 private:
  bool good_ = false, done_ = false, reason_ = false, failed_ = false;
  std::string fault_;
};

}  // namespace pawl::http

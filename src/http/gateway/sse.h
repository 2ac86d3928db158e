// Server-sent events, found in a stream of bytes (WHATWG HTML, "Server-sent events").
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace pawl::http {

// Splits what arrives in pieces into events. Memory is bounded: of an event larger than `max_event`
// the rest is passed over, and the event counts as too large.
class SseParser {
 public:
  struct Event {
    std::string_view data;  // its data lines joined by '\n'; valid within the call
    bool too_large = false;
  };
  using Sink = std::function<void(const Event& event)>;

  explicit SseParser(size_t max_event = 256 * 1024) : max_event_(max_event) {}

  // Calls `sink` for each event that this piece completes. Events without data are none.
  void feed(std::string_view piece, const Sink& sink);
  // Bytes fed up to the end of the last blank line: what lies behind is an event that began.
  size_t whole() const { return whole_; }
  size_t fed() const { return fed_; }

 private:
  void end_line(const Sink& sink);

  size_t max_event_;
  size_t fed_ = 0, whole_ = 0, line_size_ = 0;
  std::string line_, data_;
  bool has_data_ = false, too_large_ = false, after_cr_ = false, at_start_ = true;
};

}  // namespace pawl::http

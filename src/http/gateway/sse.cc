#include "http/gateway/sse.h"

#include <algorithm>

#include "base/utf8.h"

namespace pawl::http {

void SseParser::feed(std::string_view piece, const Sink& sink) {
  while (!piece.empty()) {
    if (after_cr_) {
      after_cr_ = false;
      if (piece.front() == '\n') {  // the second half of a line's end
        const bool was_whole = whole_ == fed_;
        ++fed_;
        if (was_whole) whole_ = fed_;
        piece.remove_prefix(1);
        continue;
      }
    }
    // Two searches for one byte each are faster than one for either.
    size_t end = piece.find('\n');
    end = std::min(end, piece.substr(0, end).find('\r'));
    const std::string_view part = piece.substr(0, end);
    line_size_ += part.size();
    if (line_.size() + data_.size() + part.size() > max_event_)
      too_large_ = true;
    else
      line_ += part;
    fed_ += part.size();
    if (end == std::string_view::npos) return;
    after_cr_ = piece[end] == '\r';
    ++fed_;
    piece.remove_prefix(end + 1);
    end_line(sink);
  }
}

void SseParser::end_line(const Sink& sink) {
  std::string_view line = line_;
  if (at_start_ && line.starts_with(utf8::kByteOrderMark))
    line.remove_prefix(utf8::kByteOrderMark.size());
  at_start_ = false;
  if (line_size_ == 0) {
    whole_ = fed_;
    if (has_data_ || too_large_) sink({data_, too_large_});
    data_.clear();
    has_data_ = too_large_ = false;
  } else if (!too_large_ && (line.starts_with("data:") || line == "data")) {
    line.remove_prefix(std::min<size_t>(line.size(), 5));
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += line;
    has_data_ = true;
  }
  line_.clear();
  line_size_ = 0;
}

}  // namespace pawl::http

#include <array>

#include "learn/evidence/sources/source.h"

namespace pawl::learn {

std::optional<std::string> Source::named(const Voice&, Head) const {
  return std::nullopt;
}

std::optional<std::string> Source::speaks_for(const Voice& voice, Head head, const Trust&) const {
  return named(voice, head);
}

bool Source::has_say(const Voice& voice, Head head, const Trust&) const {
  return named(voice, head).has_value();
}

std::span<const std::unique_ptr<Source>> all_sources() {
  static const std::array sources = {review_source(), correction_source(), teacher_source(),
                                     rating_source(), implicit_source()};
  return sources;
}

}  // namespace pawl::learn

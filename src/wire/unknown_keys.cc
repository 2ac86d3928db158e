#include "wire/unknown_keys.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"

namespace pawl::wire {
namespace {

constexpr size_t kMaxNamed = 100;
constexpr size_t kMaxKey = 64;  // bytes shown of a key

// Insertions, deletions, replacements and exchanges of neighbours that lead from one to the other.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

std::string shown(std::string_view key) {
  if (key.size() <= kMaxKey) return std::string(key);
  size_t end = kMaxKey;
  while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0) == 0x80) --end;
  return std::string(key.substr(0, end)) + "…";
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string_view> known) {
  std::string_view nearest;
  size_t least = std::max<size_t>(2, name.size() / 3) + 1;
  if (name.size() > kMaxKey) return "";
  for (const std::string_view candidate : known) {
    const size_t distance = edit_distance(name, candidate);
    if (distance < least && distance < candidate.size()) {
      least = distance;
      nearest = candidate;
    }
  }
  return std::string(nearest);
}

void UnknownKeys::check(const Json& object, std::span<const std::string_view> known,
                        std::string_view where) {
  for (const auto& [key, value] : object.as_object()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string named = std::string(where) + shown(key);
    const std::string nearest = nearest_name(key, known);
    if (strict_) {
      throw Error(ErrorKind::kInvalidInput,
                  "\"" + named + "\" is no key of this line" +
                      (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
    }
    const auto at = found_.find(named);
    if (at == found_.end() && found_.size() >= kMaxNamed) continue;
    Found& found = at == found_.end() ? found_[named] : at->second;
    ++found.count;
    found.nearest = nearest;
  }
}

Json UnknownKeys::to_json_value() const {
  Json out = Json::object();
  for (const auto& [key, found] : found_) {
    Json one = Json::object();
    one["count"] = found.count;
    one["nearest"] = found.nearest.empty() ? Json() : Json(found.nearest);
    out[key] = std::move(one);
  }
  return out;
}

}  // namespace pawl::wire

#include "learn/cycle/expectation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/json.h"
#include "learn/cycle/cycle_history.h"

namespace pawl::learn {
namespace {

constexpr size_t kCompared = 50, kNearest = 5;
constexpr double kFewTurns = 20;  // differences below it mean little

struct Earlier {
  double turns = 0, seconds = 0;
};

std::optional<Earlier> read_earlier(const CycleRecord& cycle, bool tunes) {
  if (cycle.status != "completed" && cycle.status != "rolled_back") return std::nullopt;
  const Json payload = readable_json(cycle.payload), result = readable_json(cycle.result);
  if (!payload.is_object() || !result.is_object()) return std::nullopt;
  if ((payload.find(kTunes) != nullptr) != tunes) return std::nullopt;
  const Json* timings = result.find("timings");
  const Json* turns = result.find("data_collected");
  const Json* total = timings == nullptr ? nullptr : timings->find("total");
  if (total == nullptr || turns == nullptr || timings->find("train") == nullptr)
    return std::nullopt;
  return Earlier{turns->as_double(), total->as_double()};
}

}  // namespace

std::optional<Expectation> expect_duration(Transaction& transaction, const std::string& tenant,
                                           size_t turns, bool tunes) {
  std::vector<Earlier> known;
  for (const CycleRecord& cycle : transaction.recent_cycles(tenant, kCompared)) {
    if (const auto earlier = read_earlier(cycle, tunes)) known.push_back(*earlier);
  }
  if (known.empty()) return std::nullopt;
  const auto distance = [&](const Earlier& e) {
    return std::abs(std::log((e.turns + kFewTurns) / (static_cast<double>(turns) + kFewTurns)));
  };
  std::stable_sort(known.begin(), known.end(),
                   [&](const Earlier& a, const Earlier& b) { return distance(a) < distance(b); });
  known.resize(std::min(known.size(), kNearest));
  const auto middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
  std::nth_element(known.begin(), middle, known.end(),
                   [](const Earlier& a, const Earlier& b) { return a.seconds < b.seconds; });
  return Expectation{middle->seconds, known.size()};
}

}  // namespace pawl::learn

#include "learn/judge/live_watch.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace pawl::learn {
namespace {

constexpr size_t kBets = 64;

struct Counted {
  size_t place;  // among what counts of its user, from 0
  double fault;
};

// A user counts until his first fault.
std::vector<Counted> counted(std::span<const AnsweredTurn> turns, size_t turns_per_user) {
  std::map<std::string_view, size_t> used;
  std::vector<Counted> found;
  for (const AnsweredTurn& turn : turns) {
    size_t& place = used[turn.user];
    if (place >= turns_per_user) continue;
    found.push_back({place, std::clamp(turn.fault, 0.0, 1.0)});
    place = turn.fault > 0 ? turns_per_user : place + 1;
  }
  return found;
}

// The capital of bets of every size on the later generation being worse.
class Bets {
 public:
  Bets() { capital_.fill(1.0); }

  void play(double difference) {
    for (size_t i = 0; i < kBets; ++i)
      capital_[i] *= 1 + (static_cast<double>(i) + 0.5) / kBets * difference;
  }
  double mean() const {
    double sum = 0;
    for (const double capital : capital_) sum += capital;
    return sum / kBets;
  }

 private:
  std::array<double, kBets> capital_;
};

double sum_of(const std::vector<Counted>& turns) {
  double sum = 0;
  for (const Counted& turn : turns) sum += turn.fault;
  return sum;
}

}  // namespace

LiveComparison compare_live(std::span<const AnsweredTurn> before,
                            std::span<const AnsweredTurn> since, const LiveWatchOptions& options) {
  const auto earlier = counted(before, options.turns_per_user);
  const auto later = counted(since, options.turns_per_user);
  LiveComparison told;
  told.turns_before = earlier.size();
  told.turns_since = later.size();
  told.faults_before = sum_of(earlier);
  told.faults_since = sum_of(later);
  std::vector<std::vector<double>> unpaired(options.turns_per_user);  // the newest last
  for (const Counted& turn : earlier) unpaired[turn.place].push_back(turn.fault);
  Bets bets;
  for (const Counted& turn : later) {
    told.users_at_fault += turn.fault > 0;
    if (unpaired[turn.place].empty()) continue;
    const double difference = turn.fault - unpaired[turn.place].back();
    unpaired[turn.place].pop_back();
    ++told.pairs;
    if (difference == 0) continue;
    bets.play(difference);
    told.evidence = std::max(told.evidence, bets.mean());
  }
  told.worse = told.evidence * options.alpha >= 1;
  return told;
}

}  // namespace pawl::learn

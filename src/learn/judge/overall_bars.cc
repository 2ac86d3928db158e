#include "learn/judge/overall_bars.h"

#include <cstdio>

namespace pawl::learn {
namespace {

double mean_of(const std::vector<HeadVerdict>& verdicts, HeadScores HeadVerdict::* whose) {
  double sum = 0;
  for (const HeadVerdict& v : verdicts) sum += (v.*whose).accuracy;
  return sum / static_cast<double>(verdicts.size());
}

double share_of(const std::vector<HeadVerdict>& verdicts, HeadScores HeadVerdict::* whose) {
  double right = 0, all = 0;
  for (const HeadVerdict& v : verdicts) {
    right += (v.*whose).accuracy * static_cast<double>((v.*whose).support);
    all += static_cast<double>((v.*whose).support);
  }
  return all > 0 ? right / all : 0;
}

std::string below(const char* what, double value, double bar) {
  char text[96];
  // Enough digits to see that it is.
  const int digits = bar - value < 0.0005 ? 3 : 1;
  std::snprintf(text, sizeof text, "%s %.*f %% is below the bar of %.*f %%", what, digits,
                100 * value, digits, 100 * bar);
  return text;
}

void keep_all(std::vector<HeadVerdict>& verdicts, const std::string& why) {
  for (HeadVerdict& v : verdicts) {
    if (!v.deploy) continue;
    v.deploy = false;
    v.reason = v.head + " kept: " + why;
  }
}

}  // namespace

std::vector<GateTest> hold_to_bars(std::vector<HeadVerdict>& verdicts, const OverallBars& bars) {
  if (verdicts.empty()) return {};
  const double mean = mean_of(verdicts, &HeadVerdict::candidate);
  const double share = share_of(verdicts, &HeadVerdict::candidate);
  const bool mean_held = mean >= bars.mean, share_held = share >= bars.share;
  if (!mean_held && (bars.required || mean_of(verdicts, &HeadVerdict::incumbent) >= bars.mean))
    keep_all(verdicts, below("the mean of all heads,", mean, bars.mean));
  if (!share_held && (bars.required || share_of(verdicts, &HeadVerdict::incumbent) >= bars.share))
    keep_all(verdicts, below("the share of right answers,", share, bars.share));
  return {{.name = "all.accuracy", .statistic = mean, .passed = mean_held, .bound = bars.mean},
          {.name = "all.right", .statistic = share, .passed = share_held, .bound = bars.share}};
}

}  // namespace pawl::learn

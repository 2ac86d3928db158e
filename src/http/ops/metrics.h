// Counters, gauges and histograms in Prometheus' text format. Counting is one relaxed addition on a
// cell that few threads share; reading adds the cells up.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::http {

inline constexpr size_t kMetricShards = 8;
size_t metric_shard();  // of the calling thread

class Counter {
 public:
  void add(uint64_t n = 1) { cells_[metric_shard()].value.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const;

 private:
  struct alignas(64) Cell {
    std::atomic<uint64_t> value{0};
  };
  std::array<Cell, kMetricShards> cells_;
};

// Of seconds. Bounds are fixed: from 100 microseconds to five minutes.
class Histogram {
 public:
  static constexpr std::array<double, 15> kBounds = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 300};
  void observe(double seconds);
  // Observations up to each bound, then all of them.
  std::array<uint64_t, kBounds.size() + 1> cumulative() const;
  double sum() const;

 private:
  struct alignas(64) Shard {
    std::array<std::atomic<uint64_t>, kBounds.size() + 1> counts{};
    std::atomic<uint64_t> nanoseconds{0};
  };
  std::array<Shard, kMetricShards> shards_;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

// Series live as long as the registry; whoever counts often keeps the reference. Safe for threads.
class Metrics {
 public:
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help, const Labels& labels = {});
  // Asked whenever the metrics are read.
  void gauge(const std::string& name, const std::string& help, const Labels& labels,
             std::function<double()> read);
  void counter_from(const std::string& name, const std::string& help, const Labels& labels,
                    std::function<double()> read);
  std::string text() const;
  // The sum of all series of a counter whose labels include these.
  uint64_t total(const std::string& name, const Labels& having = {}) const;

 private:
  struct Family {
    std::string help, type;
    std::map<std::string, std::unique_ptr<Counter>> counters;  // by rendered labels
    std::map<std::string, std::unique_ptr<Histogram>> histograms;
    std::map<std::string, std::function<double()>> gauges;
  };
  Family& family(const std::string& name, const std::string& help, const std::string& type);

  mutable std::mutex mutex_;
  std::map<std::string, Family> families_;
};

}  // namespace pawl::http

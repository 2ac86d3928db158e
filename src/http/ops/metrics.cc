#include "http/ops/metrics.h"

#include <cmath>
#include <cstdio>

namespace pawl::http {
namespace {

std::string render(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    out += out.empty() ? "" : ",";
    out.append(name).append("=\"");
    for (const char c : value) {
      if (c == '"' || c == '\\') out += '\\';
      if (c == '\n')
        out += "\\n";
      else
        out += c;
    }
    out += '"';
  }
  return out;
}

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return value == std::floor(value) && std::abs(value) < 1e15
             ? std::to_string(static_cast<int64_t>(value))
             : text;
}

std::string short_number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

void line(std::string& out, const std::string& name, const std::string& labels,
          const std::string& value) {
  out += name;
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out.append(" ").append(value).append("\n");
}

void append_histogram(std::string& out, const std::string& name, const std::string& labels,
                      const Histogram& histogram) {
  const auto counts = histogram.cumulative();
  const std::string before = labels.empty() ? "" : labels + ",";
  for (size_t i = 0; i < counts.size(); ++i) {
    const std::string bound =
        i < Histogram::kBounds.size() ? short_number(Histogram::kBounds[i]) : "+Inf";
    line(out, name + "_bucket", before + "le=\"" + bound + "\"", std::to_string(counts[i]));
  }
  line(out, name + "_sum", labels, number(histogram.sum()));
  line(out, name + "_count", labels, std::to_string(counts.back()));
}

}  // namespace

size_t metric_shard() {
  static std::atomic<size_t> next{0};
  thread_local const size_t mine = next.fetch_add(1) % kMetricShards;
  return mine;
}

uint64_t Counter::value() const {
  uint64_t sum = 0;
  for (const Cell& cell : cells_) sum += cell.value.load(std::memory_order_relaxed);
  return sum;
}

void Histogram::observe(double seconds) {
  size_t bucket = 0;
  while (bucket < kBounds.size() && seconds > kBounds[bucket]) ++bucket;
  Shard& shard = shards_[metric_shard()];
  shard.counts[bucket].fetch_add(1, std::memory_order_relaxed);
  shard.nanoseconds.fetch_add(static_cast<uint64_t>(std::max(0.0, seconds) * 1e9),
                              std::memory_order_relaxed);
}

std::array<uint64_t, Histogram::kBounds.size() + 1> Histogram::cumulative() const {
  std::array<uint64_t, kBounds.size() + 1> out{};
  for (const Shard& shard : shards_) {
    for (size_t i = 0; i < out.size(); ++i)
      out[i] += shard.counts[i].load(std::memory_order_relaxed);
  }
  for (size_t i = 1; i < out.size(); ++i) out[i] += out[i - 1];
  return out;
}

double Histogram::sum() const {
  uint64_t nanoseconds = 0;
  for (const Shard& shard : shards_)
    nanoseconds += shard.nanoseconds.load(std::memory_order_relaxed);
  return static_cast<double>(nanoseconds) * 1e-9;
}

Metrics::Family& Metrics::family(const std::string& name, const std::string& help,
                                 const std::string& type) {
  Family& family = families_[name];
  family.help = help;
  family.type = type;
  return family;
}

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  const std::scoped_lock lock(mutex_);
  auto& series = family(name, help, "counter").counters[render(labels)];
  if (!series) series = std::make_unique<Counter>();
  return *series;
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              const Labels& labels) {
  const std::scoped_lock lock(mutex_);
  auto& series = family(name, help, "histogram").histograms[render(labels)];
  if (!series) series = std::make_unique<Histogram>();
  return *series;
}

void Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels,
                    std::function<double()> read) {
  const std::scoped_lock lock(mutex_);
  family(name, help, "gauge").gauges[render(labels)] = std::move(read);
}

void Metrics::counter_from(const std::string& name, const std::string& help, const Labels& labels,
                           std::function<double()> read) {
  const std::scoped_lock lock(mutex_);
  family(name, help, "counter").gauges[render(labels)] = std::move(read);
}

std::string Metrics::text() const {
  const std::scoped_lock lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out.append("# HELP ").append(name).append(" ").append(family.help).append("\n");
    out.append("# TYPE ").append(name).append(" ").append(family.type).append("\n");
    for (const auto& [labels, counter] : family.counters)
      line(out, name, labels, std::to_string(counter->value()));
    for (const auto& [labels, read] : family.gauges) line(out, name, labels, number(read()));
    for (const auto& [labels, histogram] : family.histograms)
      append_histogram(out, name, labels, *histogram);
  }
  return out;
}

uint64_t Metrics::total(const std::string& name, const Labels& having) const {
  const std::scoped_lock lock(mutex_);
  const auto found = families_.find(name);
  if (found == families_.end()) return 0;
  uint64_t sum = 0;
  for (const auto& [labels, counter] : found->second.counters) {
    bool fits = true;
    for (const auto& label : having)
      fits = fits && labels.find(render({label})) != std::string::npos;
    if (fits) sum += counter->value();
  }
  return sum;
}

}  // namespace pawl::http

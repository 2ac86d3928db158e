#include "http/gateway/upstream.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <set>

#include "base/error.h"

namespace pawl::http {
namespace {

// Connections kept for a while after a burst of streams: making one costs more than a short answer.
constexpr size_t kMaxIdle = 512;

constexpr double kLongestRest = 600;

std::vector<std::string> split_models(const std::string& list) {
  std::vector<std::string> models;
  if (list == "*") return models;
  for (size_t at = 0; at <= list.size();) {
    const size_t end = std::min(list.find(',', at), list.size());
    std::string model = list.substr(at, end - at);
    while (model.starts_with(' ')) model.erase(0, 1);
    while (model.ends_with(' ')) model.pop_back();
    if (!model.empty()) models.push_back(std::move(model));
    at = end + 1;
  }
  return models;
}

[[noreturn]] void fail(size_t number, const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, "gateway.upstream " + std::to_string(number) + ": " + what);
}

void check_times(const SettingEntry& entry, size_t number, double total) {
  for (const char* key : {"connect_seconds", "first_seconds", "idle_seconds"}) {
    if (entry.number(key) > total)
      fail(number, std::string(key) + " is longer than gateway.total_seconds");
  }
  if (entry.number("connect_seconds") > entry.number("first_seconds"))
    fail(number, "connect_seconds is longer than first_seconds");
}

}  // namespace

std::vector<UpstreamOptions> read_upstreams(const Settings& settings) {
  std::vector<UpstreamOptions> upstreams;
  std::set<std::string> names;
  size_t number = 0;
  for (const SettingEntry& entry : settings.entries("gateway.upstream")) {
    ++number;
    UpstreamOptions upstream;
    if (entry.text("url").empty()) fail(number, "url is missing");
    try {
      upstream.origin = parse_origin(entry.text("url"));
    } catch (const Error& error) {
      fail(number, std::string("url: ") + error.what());
    }
    upstream.name = entry.text("name").empty() ? upstream.origin.host : entry.text("name");
    if (upstream.name.find_first_of("\r\n\"") != std::string::npos)
      fail(number, "name must be one line");
    if (!names.insert(upstream.name).second)
      fail(number, "name " + upstream.name + " stands there twice");
    if (const std::string& variable = entry.text("key_env"); variable != "-") {
      const char* key = std::getenv(variable.c_str());
      if (key == nullptr || *key == '\0')
        fail(number, "key_env: the environment variable " + variable + " is not set");
      upstream.key = key;
      if (upstream.key.find_first_of("\r\n") != std::string::npos)
        fail(number, "key_env: the key in " + variable + " has line breaks");
    }
    check_times(entry, number, settings.number("gateway.total_seconds"));
    upstream.models = split_models(entry.text("models"));
    upstream.client.connect_timeout = seconds(entry.number("connect_seconds"));
    upstream.client.max_idle = kMaxIdle;
    if (entry.text("ca_file") != "-") upstream.client.tls_ca_file = entry.text("ca_file");
    upstream.first_event = seconds(entry.number("first_seconds"));
    upstream.idle = seconds(entry.number("idle_seconds"));
    upstreams.push_back(std::move(upstream));
  }
  return upstreams;
}

Upstream::Upstream(Loop& loop, Metrics& metrics, UpstreamOptions given, BreakerOptions breaking)
    : options(std::move(given)),
      client(loop, options.origin, options.client),
      breaker(breaking),
      succeeded(metrics.counter("pawl_gateway_attempts_total", "Attempts at upstreams.",
                                {{"upstream", options.name}, {"outcome", "answered"}})),
      failed(metrics.counter("pawl_gateway_attempts_total", "Attempts at upstreams.",
                             {{"upstream", options.name}, {"outcome", "failed"}})) {
  metrics.gauge("pawl_gateway_upstream_resting", "1 while an upstream is left alone.",
                {{"upstream", options.name}}, [this] { return breaker.failing() ? 1.0 : 0.0; });
}

bool Upstream::serves(std::string_view model) const {
  return options.models.empty() ||
         std::find(options.models.begin(), options.models.end(), model) != options.models.end();
}

double retry_after_seconds(const Headers& headers) {
  const std::string_view value = headers.get("Retry-After");
  if (value.empty()) return -1;
  double number = 0;
  const auto end = std::from_chars(value.data(), value.data() + value.size(), number);
  if (end.ec == std::errc() && end.ptr == value.data() + value.size())
    return std::clamp(number, 0.0, kLongestRest);
  std::tm date{};
  const std::string text(value);
  if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) return -1;
  return std::clamp(static_cast<double>(::timegm(&date) - std::time(nullptr)), 0.0, kLongestRest);
}

}  // namespace pawl::http

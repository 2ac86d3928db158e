// One upstream of the gateway: where it is, how it has been doing, and what to send it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "http/gateway/breaker.h"
#include "http/net/client.h"
#include "http/ops/metrics.h"

namespace pawl::http {

struct UpstreamOptions {
  std::string name;
  Origin origin;
  std::string key;                  // for its Authorization; empty: none
  std::vector<std::string> models;  // empty: any
  ClientOptions client;
  Duration first_event, idle;
};

// From [[gateway.upstream]]. Throws Error(kInvalidInput) that names the key for what cannot work:
// no url, a key's variable that is not set, a time longer than the whole answer's.
std::vector<UpstreamOptions> read_upstreams(const Settings& settings);

struct Upstream {
  Upstream(Loop& loop, Metrics& metrics, UpstreamOptions given, BreakerOptions breaking);

  bool serves(std::string_view model) const;

  UpstreamOptions options;
  Client client;
  Breaker breaker;
  Counter& succeeded;
  Counter& failed;
};

// Seconds of a Retry-After header, bounded; negative when there is none that can be read.
double retry_after_seconds(const Headers& headers);

}  // namespace pawl::http

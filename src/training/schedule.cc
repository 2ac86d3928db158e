#include "training/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace pawl {

namespace {

constexpr std::array kKinds = {"constant.v1",         "constant_then.v1", "decaying.v1",
                               "compounding.v1",      "warmup_linear.v1", "slanted_triangular.v1",
                               "cyclic_triangular.v1"};

}  // namespace

Schedule::Schedule(const Json& config, const std::string& where) : config_(config), where_(where) {
  if (config.is_number()) return;
  if (config.is_array() && !config.as_array().empty()) {
    for (const Json& item : config.as_array()) {
      if (!item.is_number())
        throw Error(ErrorKind::kFormat, where + ": a list of numbers is expected");
    }
    return;
  }
  const Json* kind = config.is_object() ? config.find("@schedules") : nullptr;
  if (!kind || !kind->is_string()) {
    throw Error(ErrorKind::kFormat,
                where + ": a number, a list of numbers or a block with @schedules is expected");
  }
  kind_ = kind->as_string();
  if (std::find(kKinds.begin(), kKinds.end(), kind_) == kKinds.end()) {
    throw Error(ErrorKind::kUnsupported, where + ".@schedules: pawl has no '" + kind_ + "'");
  }
  value_at(0);
}

double Schedule::get(const char* key) const {
  const Json* value = config_.find(key);
  if (!value || !value->is_number()) {
    throw Error(ErrorKind::kFormat, where_ + "." + key + ": a number is expected");
  }
  return value->as_double();
}

void Schedule::set_position(uint64_t position) {
  step_ = 0;
  while (step_ < position) next();
}

double Schedule::next() {
  const double value = value_at(step_);
  ++step_;
  return value;
}

double Schedule::value_at(uint64_t step) {
  const auto t = static_cast<double>(step);
  if (config_.is_number()) return config_.as_double();
  if (config_.is_array()) {
    const auto& list = config_.as_array();
    return list[std::min<uint64_t>(step, list.size() - 1)].as_double();
  }
  if (kind_ == "constant.v1") return get("rate");
  if (kind_ == "constant_then.v1") {
    const double rate = get("rate"), steps = get("steps");
    const Json* rest = config_.find("schedule");
    if (!rest) throw Error(ErrorKind::kFormat, where_ + ".schedule: missing");
    Schedule then(*rest, where_ + ".schedule");
    if (t < steps) return rate;
    then.set_position(step - static_cast<uint64_t>(std::max(0.0, steps)));
    return then.next();
  }
  if (kind_ == "decaying.v1") {
    const Json* offset = config_.find("t");
    return get("base_rate") / (1.0 + get("decay") * (t + (offset ? offset->as_double() : 0)));
  }
  if (kind_ == "compounding.v1") {
    const double start = get("start"), stop = get("stop"), compound = get("compound");
    current_ = step == 0 ? start : current_ * compound;
    return start > stop ? std::max(current_, stop) : std::min(current_, stop);
  }
  if (kind_ == "warmup_linear.v1") {
    const double warmup = get("warmup_steps"), total = get("total_steps"),
                 rate = get("initial_rate");
    if (t < warmup) return rate * t / std::max(1.0, warmup);
    return rate * std::max(0.0, (total - t) / std::max(1.0, total - warmup));
  }
  if (kind_ == "slanted_triangular.v1") {
    const auto option = [&](const char* key, double fallback) {
      return config_.find(key) ? get(key) : fallback;
    };
    const double rate = get("max_rate"), steps = get("num_steps");
    const double cut_frac = option("cut_frac", 0.1), ratio = option("ratio", 32),
                 at = option("t", 0) + t + 1;
    const double cut = std::floor(steps * cut_frac);
    const double p = at < cut ? at / cut : 1 - (at - cut) / (cut * (1 / cut_frac - 1));
    return rate * (1 + p * (ratio - 1)) / ratio;
  }
  const double low = get("min_lr"), high = get("max_lr"), period = get("period");
  const double cycle = std::floor(1 + (t + 1) / (2 * period));
  const double x = std::fabs((t + 1) / period - 2 * cycle + 1);
  return low + (high - low) * std::max(0.0, 1 - x);
}

}  // namespace pawl

// Cron expressions and time zone files: what is read holds to what the headers say.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "service/cron.h"

namespace {

using namespace pawl;

void read_cron(std::string_view text) {
  const auto cron = service::Cron::parse(text);
  static const auto berlin = service::TimeZone::load("UTC");
  int64_t now = 1'700'000'000;
  for (int i = 0; i < 3; ++i) {
    const auto next = cron.next(now, *berlin);
    if (!next) return;
    if (*next <= now || *next % 60 != 0) std::abort();
    now = *next;
  }
}

void read_zone(std::string_view bytes) {
  const auto zone = service::TimeZone::parse(bytes, "fuzzed");
  for (const int64_t at : {int64_t{0}, int64_t{1'700'000'000}, int64_t{4'000'000'000}}) {
    const service::WallTime wall = zone->wall(at);
    if (wall.month < 1 || wall.month > 12 || wall.second > 59) std::abort();
    if (zone->instants(wall).empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    data[0] % 2 == 0 ? read_cron(text) : read_zone(text);
  } catch (const Error&) {
  }
  return 0;
}

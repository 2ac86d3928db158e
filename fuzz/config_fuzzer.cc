// config.cfg: whatever is accepted can be written and read again as the same config.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "config/python_json.h"
#include "config/spacy_config.h"

namespace {

// Whether `right` has what `left` has. Sections may change places, and [a.*] without lines is not
// written.
bool contains(const pawl::Json& left, const pawl::Json& right) {
  if (!left.is_object() || !right.is_object()) {
    return pawl::python_json(left) == pawl::python_json(right);
  }
  const auto& members = left.as_object();
  return std::all_of(members.begin(), members.end(), [&](const pawl::Json::Member& member) {
    const pawl::Json* other = right.find(member.first);
    const bool unwritten = member.first == "*" && member.second.is_object() &&
                           contains(member.second, pawl::Json::object());
    return other ? contains(member.second, *other) : unwritten;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pawl;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ConfigOptions raw{.interpolate = false, .overrides = {}};
  try {
    const Json config = parse_config(text, "fuzz", raw);
    std::string written;
    try {
      written = write_config(config);
    } catch (const Error&) {
      return 0;
    }
    const Json again = parse_config(written, "written", raw);
    if (!contains(config, again) || !contains(again, config)) std::abort();
    parse_config(text, "fuzz");
  } catch (const Error&) {
  }
  return 0;
}

// config.cfg: whatever is accepted can be written and read again as the same config.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "config/python_json.h"
#include "config/spacy_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pawl;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ConfigOptions raw{.interpolate = false, .overrides = {}};
  Json config;
  try {
    config = parse_config(text, "fuzz", raw);
  } catch (const Error&) {
    return 0;
  }
  std::string written;
  try {
    written = write_config(config);
  } catch (const Error&) {
    return 0;
  }
  if (write_config(parse_config(written, "again", raw)) != written) std::abort();
  try {
    parse_config(text, "fuzz");
  } catch (const Error&) {
  }
  return 0;
}

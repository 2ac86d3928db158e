// What parses must come back equal after writing in every style; a refusal must say where.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  pawl::Json value;
  try {
    value = pawl::parse_json(text);
  } catch (const pawl::Error& e) {
    if (std::string_view(e.what()).find("is not valid JSON") != std::string_view::npos)
      std::abort();
    return 0;
  }
  const pawl::JsonStyle styles[] = {{}, {.indent = 2}, {.ascii = true, .spaces = true}};
  for (const auto& style : styles) {
    if (pawl::parse_json(pawl::to_json(value, style)) != value) std::abort();
  }
  return 0;
}

// What parses must come back the same after writing; numpy arrays must be consistent or refused.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/msgpack.h"

namespace {

void try_arrays(const pawl::Msgpack& value) {
  if (pawl::is_numpy_array(value)) {
    try {
      const pawl::NumpyArray array = pawl::as_numpy_array(value);
      if (array.size() * array.item_size() != array.bytes.size()) std::abort();
    } catch (const pawl::Error&) {
    }
  }
  if (value.is<pawl::Msgpack::Array>()) {
    for (const auto& item : value.as_array()) try_arrays(item);
  } else if (value.is<pawl::Msgpack::Map>()) {
    for (const auto& [key, item] : value.as_map()) try_arrays(item);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const pawl::Msgpack value = pawl::parse_msgpack({reinterpret_cast<const char*>(data), size});
    const std::string written = pawl::to_msgpack(value);
    if (pawl::to_msgpack(pawl::parse_msgpack(written)) != written) std::abort();
    try_arrays(value);
  } catch (const pawl::Error&) {
  }
  return 0;
}

// The recogniser's `moves` file: whatever is accepted is written back so that it reads the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "pipeline/biluo.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pawl::StringStore strings;
  try {
    pawl::BiluoActions actions;
    actions.from_bytes({reinterpret_cast<const char*>(data), size}, "moves", strings);
    pawl::BiluoActions again;
    again.from_bytes(actions.to_bytes(), "moves", strings);
    if (again.actions() != actions.actions()) std::abort();
    actions.add_label("NEW", strings);
    for (size_t i = 0; i < actions.size(); ++i) {
      if (actions.find(actions[i]) != static_cast<int>(i)) std::abort();
      actions.name(i, strings);
    }
  } catch (const pawl::Error&) {
  }
  return 0;
}

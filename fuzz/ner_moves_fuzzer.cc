// The recogniser's `moves` file: what was written reads the same. (Made-up counts that differ
// between the moves of one label are made equal when first read, as spaCy does; that may change
// their order once.)
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "pipeline/ner/biluo.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pawl::StringStore strings;
  try {
    pawl::BiluoActions actions;
    actions.from_bytes({reinterpret_cast<const char*>(data), size}, "moves", strings);
    pawl::BiluoActions written, again;
    written.from_bytes(actions.to_bytes(), "moves", strings);
    if (written.size() != actions.size()) std::abort();
    again.from_bytes(written.to_bytes(), "moves", strings);
    if (again.actions() != written.actions()) std::abort();
    actions.add_label("NEW", strings);
    for (size_t i = 0; i < actions.size(); ++i) {
      if (actions.find(actions[i]) != static_cast<int>(i)) std::abort();
      actions.name(i, strings);
    }
  } catch (const pawl::Error&) {
  }
  return 0;
}

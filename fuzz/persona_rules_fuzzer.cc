// A table of personas: what is read always chooses somebody, and always the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "service/personas.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pawl;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto rules = service::PersonaRules::parse(text, "fuzzed");
    const std::string_view label = text.substr(0, text.find(','));
    const auto choice = rules.choose(label, "neutral");
    if (choice.persona.empty() || choice.reason.empty()) std::abort();
    if (rules.choose(label, "neutral").persona != choice.persona) std::abort();
  } catch (const Error&) {
  }
  return 0;
}

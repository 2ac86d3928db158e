#include "learn/privacy/phone_plans.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace pawl::pii {

namespace {

struct PhonePlan {
  uint16_t code;
  uint16_t lengths[10];  // by first digit of the national number: bit n for n digits
  uint16_t usual[10];    // of fixed lines and mobiles
};

#include "learn/privacy/phone_plans.inc"

// No calling code is the beginning of another.
const PhonePlan* plan_of(std::string_view digits, size_t& code_size) {
  unsigned code = 0;
  for (size_t i = 0; i < 3 && i < digits.size(); ++i) {
    code = code * 10 + static_cast<unsigned>(digits[i] - '0');
    const auto* found = std::lower_bound(std::begin(kPhonePlans), std::end(kPhonePlans), code,
                                         [](const PhonePlan& p, unsigned c) { return p.code < c; });
    if (found == std::end(kPhonePlans) || found->code != code) continue;
    code_size = i + 1;
    return found;
  }
  return nullptr;
}

}  // namespace

bool begins_with_calling_code(std::string_view digits) {
  size_t size = 0;
  return plan_of(digits, size) != nullptr;
}

bool is_usual_number(std::string_view digits) {
  size_t size = 0;
  const PhonePlan* plan = plan_of(digits, size);
  if (plan == nullptr || digits.size() <= size || digits.size() > size + 15) return false;
  return (plan->usual[digits[size] - '0'] >> (digits.size() - size) & 1u) != 0;
}

bool is_planned_number(std::string_view digits) {
  size_t size = 0;
  const PhonePlan* plan = plan_of(digits, size);
  if (plan == nullptr || digits.size() <= size) return false;
  const std::string_view national = digits.substr(size);
  const auto fits = [&](std::string_view n) {
    return !n.empty() && n.size() <= 15 && (plan->lengths[n[0] - '0'] >> n.size() & 1u) != 0;
  };
  // Some write the prefix that is dialled at home, too.
  const char prefix = plan->code == 1 ? '1' : plan->code == 7 ? '8' : '0';
  return fits(national) || (national[0] == prefix && fits(national.substr(1)));
}

}  // namespace pawl::pii

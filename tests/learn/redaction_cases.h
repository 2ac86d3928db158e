// What the tests of redaction share: tables of texts with what they become.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "learn/privacy/pii.h"

namespace pawl::learn {

inline std::string cleaned(std::string_view text) {
  return redact(text).text;
}

struct RedactionCase {
  const char* text;
  const char* expected;
};

inline void expect_all(std::initializer_list<RedactionCase> cases) {
  for (const RedactionCase& c : cases) EXPECT_EQ(cleaned(c.text), c.expected) << c.text;
}

inline void expect_untouched(std::initializer_list<const char*> texts) {
  for (const char* text : texts) EXPECT_EQ(cleaned(text), text);
}

}  // namespace pawl::learn

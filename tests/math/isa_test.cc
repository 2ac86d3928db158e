#include "math/isa.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pawl {
namespace {

TEST(IsaTest, BaselineIsAlwaysThereAndLast) {
  ASSERT_FALSE(supported_isas().empty());
  EXPECT_EQ(supported_isas().back(), Isa::kBaseline);
}

TEST(IsaTest, EverySupportedNameCanBeChosenAndNoneMeansTheBest) {
  for (const Isa isa : supported_isas()) EXPECT_EQ(choose_isa(isa_name(isa)), isa);
  EXPECT_EQ(choose_isa(""), supported_isas().front());
}

TEST(IsaTest, AnUnknownNameIsAnErrorThatListsTheChoices) {
  try {
    choose_isa("altivec");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    EXPECT_NE(std::string(error.what()).find("altivec"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("baseline"), std::string::npos);
  }
}

TEST(IsaTest, AScopeRestoresThePreviousChoice) {
  const Isa before = active_isa();
  {
    const ScopedIsa scope(Isa::kBaseline);
    EXPECT_EQ(active_isa(), Isa::kBaseline);
  }
  EXPECT_EQ(active_isa(), before);
}

}  // namespace
}  // namespace pawl

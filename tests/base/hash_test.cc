#include "base/hash.h"

#include <gtest/gtest.h>

namespace pawl {
namespace {

uint64_t string_id(std::string_view text) {
  return murmur2_64a(text.data(), text.size(), 1);
}

TEST(Hash, StringIdsAreThoseOfSpacy) {
  EXPECT_EQ(string_id("apple"), 8566208034543834098u);
  EXPECT_EQ(string_id("coffee"), 3197928453018144401u);
  EXPECT_EQ(string_id(""), 14313749767032693980u);
  EXPECT_EQ(string_id("naïve"), 16224804062388677344u);
  EXPECT_EQ(string_id("12345678"), 9871996032675327904u);
  EXPECT_EQ(string_id("a longer string of 33 characters!!"), 17514375783879205152u);
}

TEST(Hash, KeysHashAsInThinc) {
  using Words = std::array<uint32_t, 4>;
  EXPECT_EQ(murmur3_x64_128(0, 8), (Words{0, 0, 0, 0}));
  EXPECT_EQ(murmur3_x64_128(1, 8), (Words{1161550108, 2247783286, 1742325162, 1224191281}));
  EXPECT_EQ(murmur3_x64_128(12345678901234567890u, 8),
            (Words{825681028, 3746740173, 3386005190, 3472626611}));
}

TEST(Hash, MurmurOfAnUnalignedBufferIsTheSame) {
  std::string buffer = "xThe quick brown fox jumps over the lazy dog";
  const std::string aligned = buffer.substr(1);
  EXPECT_EQ(murmur2_64a(buffer.data() + 1, aligned.size(), 1), string_id(aligned));
  EXPECT_EQ(murmur3_x86_128(buffer.data() + 1, aligned.size(), 3),
            murmur3_x86_128(aligned.data(), aligned.size(), 3));
}

TEST(Hash, Blake2bOfPiecesIsThatOfTheWhole) {
  EXPECT_EQ(blake2b_hex(""), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  EXPECT_EQ(blake2b_hex("abc"), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  Blake2b hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  EXPECT_EQ(hash.hex(), blake2b_hex("abc"));
}

}  // namespace
}  // namespace pawl

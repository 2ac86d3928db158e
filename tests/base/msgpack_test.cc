#include "base/msgpack.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "base/rng.h"

namespace pawl {
namespace {

using Binary = Msgpack::Binary;

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int v : values) out.push_back(static_cast<char>(v));
  return out;
}

Msgpack sample_msgpack() {
  Msgpack::Map inner;
  inner.emplace_back(Msgpack(Binary{"nd"}), Msgpack(true));
  inner.emplace_back(Msgpack(int64_t{-5}), Msgpack(2.5));
  Msgpack::Array list;
  list.emplace_back(nullptr);
  list.emplace_back(std::string(300, 'x'));
  list.emplace_back(std::numeric_limits<uint64_t>::max());
  list.emplace_back(Msgpack::Extension{7, "12345"});
  list.emplace_back(1.5f);
  list.emplace_back(std::move(inner));
  Msgpack::Map map;
  map.emplace_back(Msgpack("dims"), Msgpack(std::move(list)));
  map.emplace_back(Msgpack("naïve"), Msgpack(Binary{std::string(70000, '\0')}));
  return Msgpack(std::move(map));
}

std::string msgpack_error(std::string_view data, const MsgpackLimits& limits = {}) {
  try {
    parse_msgpack(data, limits);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kFormat);
    return e.what();
  }
  return "";
}

TEST(Msgpack, RoundTripsEveryType) {
  const Msgpack value = sample_msgpack();
  EXPECT_EQ(parse_msgpack(to_msgpack(value)), value);
}

TEST(Msgpack, WritesTheShortestIntegers) {
  EXPECT_EQ(to_msgpack(Msgpack(127)), bytes({0x7F}));
  EXPECT_EQ(to_msgpack(Msgpack(128)), bytes({0xCC, 0x80}));
  EXPECT_EQ(to_msgpack(Msgpack(65536)), bytes({0xCE, 0, 1, 0, 0}));
  EXPECT_EQ(to_msgpack(Msgpack(-32)), bytes({0xE0}));
  EXPECT_EQ(to_msgpack(Msgpack(-33)), bytes({0xD0, 0xDF}));
  EXPECT_EQ(to_msgpack(Msgpack(-129)), bytes({0xD1, 0xFF, 0x7F}));
}

TEST(Msgpack, IntegersRoundTripAtEveryPowerOfTwo) {
  for (int shift = 0; shift < 63; ++shift) {
    for (int64_t delta = -2; delta <= 2; ++delta) {
      for (const int64_t sign : {1, -1}) {
        const int64_t value = sign * ((int64_t{1} << shift) + delta);
        EXPECT_EQ(parse_msgpack(to_msgpack(Msgpack(value))).as_int(), value);
      }
    }
  }
  const int64_t lowest = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(parse_msgpack(to_msgpack(Msgpack(lowest))).as_int(), lowest);
}

TEST(Msgpack, EveryTruncationIsRefused) {
  const std::string whole = to_msgpack(sample_msgpack());
  for (size_t size = 0; size < whole.size(); size += size < 1000 ? 1 : 997) {
    EXPECT_NE(msgpack_error(std::string_view(whole).substr(0, size)), "") << size;
  }
}

TEST(Msgpack, BytesLeftOverAreRefused) {
  EXPECT_EQ(msgpack_error(bytes({0xC0, 0xC0})), "msgpack: 1 bytes left over at byte 1");
}

TEST(Msgpack, HostileLengthsAreRefusedBeforeAllocation) {
  for (const int tag : {0xC6, 0xC9, 0xDB, 0xDD, 0xDF}) {
    EXPECT_NE(msgpack_error(bytes({tag, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0})), "") << tag;
    EXPECT_NE(msgpack_error(bytes({tag, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0})), "") << tag;
  }
  EXPECT_EQ(msgpack_error(bytes({0x92, 0xC0})),
            "msgpack: count 2 is more than the remaining bytes can hold at byte 1");
}

TEST(Msgpack, NestingStopsAtTheLimit) {
  const auto nested = [](size_t depth) { return std::string(depth, '\x91') + '\xC0'; };
  EXPECT_EQ(msgpack_error(nested(64)), "");
  EXPECT_EQ(msgpack_error(nested(65)), "msgpack: nested deeper than 64 levels at byte 65");
  EXPECT_NE(msgpack_error(nested(1000000)), "");
  EXPECT_NE(msgpack_error(std::string(100000, '\x81')), "");
}

TEST(Msgpack, DuplicateKeysAreRefusedInSmallAndLargeMaps) {
  EXPECT_EQ(msgpack_error(bytes({0x82, 0xA1, 'a', 1, 0xA1, 'a', 2})),
            "msgpack: duplicate map key \"a\" at byte 7");
  Msgpack::Map map;
  for (int i = 0; i < 100; ++i) map.emplace_back(Msgpack(i), Msgpack(i));
  EXPECT_EQ(msgpack_error(to_msgpack(Msgpack(map))), "");
  map.emplace_back(Msgpack(31), Msgpack(0));
  EXPECT_NE(msgpack_error(to_msgpack(Msgpack(map))), "");
}

TEST(Msgpack, StringsAndBinariesAreDifferentKeys) {
  const Msgpack map = parse_msgpack(bytes({0x82, 0xA1, 'a', 1, 0xC4, 1, 'a', 2}));
  EXPECT_EQ(map.as_map().size(), 2u);
}

TEST(Msgpack, InvalidUtf8AndUnknownTagsAreRefused) {
  EXPECT_EQ(msgpack_error(bytes({0xA2, 'a', 0xFF})), "msgpack: string is not UTF-8 at byte 2");
  EXPECT_EQ(msgpack_error(bytes({0xC1})), "msgpack: unknown type byte 193 at byte 0");
}

TEST(Msgpack, LimitsOnStringsAndBinaries) {
  EXPECT_NE(msgpack_error(to_msgpack(Msgpack("12345")), {.max_string = 4}), "");
  EXPECT_NE(msgpack_error(to_msgpack(Msgpack(Binary{"12345"})), {.max_binary = 4}), "");
}

TEST(Msgpack, AccessorsNameTheTypeFound) {
  try {
    Msgpack("x").as_int();
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "msgpack: expected an integer, found string");
  }
  EXPECT_THROW(Msgpack(-1).as_uint(), Error);
  EXPECT_THROW(Msgpack(std::numeric_limits<uint64_t>::max()).as_int(), Error);
  EXPECT_THROW(sample_msgpack().at("absent"), Error);
}

TEST(Msgpack, RandomBytesNeverDoMoreThanThrow) {
  Rng rng(7);
  const std::string seed = to_msgpack(sample_msgpack()).substr(0, 400);
  for (int round = 0; round < 20000; ++round) {
    std::string data = seed;
    for (int edit = 0; edit < 4; ++edit)
      data[rng.below(data.size())] = static_cast<char>(rng.next());
    try {
      const Msgpack value = parse_msgpack(data);
      EXPECT_EQ(to_msgpack(parse_msgpack(to_msgpack(value))), to_msgpack(value));
    } catch (const Error&) {
    }
  }
}

TEST(NumpyArray, RoundTrips) {
  const NumpyArray array{"<f4", {2, 3}, std::string(24, 'q')};
  const Msgpack packed = parse_msgpack(to_msgpack(to_msgpack_value(array)));
  ASSERT_TRUE(is_numpy_array(packed));
  const NumpyArray back = as_numpy_array(packed);
  EXPECT_EQ(back.dtype, array.dtype);
  EXPECT_EQ(back.shape, array.shape);
  EXPECT_EQ(back.bytes, array.bytes);
  EXPECT_EQ(back.size(), 6u);
  EXPECT_EQ(back.item_size(), 4u);
}

TEST(NumpyArray, BytesCanBeMovedOut) {
  Msgpack packed = to_msgpack_value({"<f4", {1000}, std::string(4000, 'q')});
  const char* before = packed.at("data").as_bytes().data();
  EXPECT_EQ(as_numpy_array(std::move(packed)).bytes.data(), before);
}

TEST(NumpyArray, ShapesMustMatchTheBytes) {
  const auto pack = [](const char* dtype, std::vector<int64_t> shape, size_t size) {
    Msgpack value = to_msgpack_value({"<f4", {1}, std::string(4, 'q')});
    Msgpack::Array dims;
    for (const int64_t d : shape) dims.emplace_back(d);
    value.as_map()[1].second = Msgpack(dtype);
    value.as_map()[3].second = Msgpack(std::move(dims));
    value.as_map()[4].second = Msgpack(Binary{std::string(size, 'q')});
    return value;
  };
  EXPECT_NO_THROW(as_numpy_array(pack("<f4", {0, 5}, 0)));
  EXPECT_NO_THROW(as_numpy_array(pack("<i8", {}, 8)));
  EXPECT_THROW(as_numpy_array(pack("<f4", {2}, 4)), Error);
  EXPECT_THROW(as_numpy_array(pack("<f4", {1}, 5)), Error);
  EXPECT_THROW(as_numpy_array(pack("<f4", {-1}, 4)), Error);
  EXPECT_THROW(as_numpy_array(pack("<f4", {int64_t{1} << 62, 4}, 0)), Error);
  EXPECT_THROW(as_numpy_array(pack("<f4", {0, int64_t{1} << 62, 4}, 0)), Error);
  EXPECT_THROW(as_numpy_array(pack("|O", {1}, 8)), Error);
  EXPECT_THROW(as_numpy_array(pack("<U5", {1}, 20)), Error);
  EXPECT_THROW(as_numpy_array(Msgpack(3)), Error);
}

}  // namespace
}  // namespace pawl

#include "base/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "base/error.h"

namespace pawl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string file(std::string_view header, size_t data_bytes, uint64_t claimed = 0) {
  const uint64_t length = claimed != 0 ? claimed : header.size();
  std::string out(reinterpret_cast<const char*>(&length), 8);
  return out.append(header).append(data_bytes, '\0');
}

std::string error_of(const std::string& bytes, const SafetensorsLimits& limits = {}) {
  try {
    Safetensors(bytes, limits);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    return error.what();
  }
  return "";
}

std::string one(std::string_view dtype, std::string_view shape, std::string_view offsets) {
  return "{\"w\":{\"dtype\":\"" + std::string(dtype) + "\",\"shape\":" + std::string(shape) +
         ",\"data_offsets\":" + std::string(offsets) + "}}";
}

TEST(Safetensors, ReadsBackWhatWasWritten) {
  const std::vector<float> floats = {1.0f, -2.5f, 3e-20f, 4.0f, 0.0f, 6.0f};
  const std::vector<int8_t> bytes = {-127, 0, 127};
  const std::vector<uint32_t> numbers = {7, 4000000000u};
  SafetensorsWriter writer;
  writer.add_floats("a", {2, 3}, floats.data());
  writer.add_int8("b", {3}, bytes.data());
  writer.add_uint32("c", {2}, numbers.data());
  writer.add_floats("none", {0, 5}, nullptr);
  writer.add_metadata("format", "pt");
  const std::string written = writer.finish();
  const Safetensors read(written);
  std::vector<float> floats_read(6);
  read.read_floats(read.at("a", {2, 3}), floats_read.data());
  EXPECT_EQ(floats_read, floats);
  std::vector<int8_t> bytes_read(3);
  read.read_int8(read.at("b", {3}), bytes_read.data());
  EXPECT_EQ(bytes_read, bytes);
  std::vector<uint32_t> numbers_read(2);
  read.read_uint32(read.at("c", {2}), numbers_read.data());
  EXPECT_EQ(numbers_read, numbers);
  EXPECT_EQ(read.at("none", {0, 5}).elements, 0u);
  EXPECT_THAT(read.metadata(), ElementsAre(std::pair<std::string, std::string>("format", "pt")));
  EXPECT_EQ(read.find("d"), nullptr);
}

TEST(Safetensors, WidensHalfPrecision) {
  // 1, -2, smallest subnormal, largest, in both 16-bit formats
  const std::vector<uint16_t> halves = {0x3C00, 0xC000, 0x0001, 0x7BFF, 0x8000};
  const std::vector<uint16_t> brains = {0x3F80, 0xC000, 0x0001, 0x7F7F, 0x8000};
  std::string bytes = file(
      "{\"h\":{\"dtype\":\"F16\",\"shape\":[5],\"data_offsets\":[0,10]},"
      "\"b\":{\"dtype\":\"BF16\",\"shape\":[5],\"data_offsets\":[10,20]}}",
      20);
  std::memcpy(bytes.data() + bytes.size() - 20, halves.data(), 10);
  std::memcpy(bytes.data() + bytes.size() - 10, brains.data(), 10);
  const Safetensors read(bytes);
  std::vector<float> out(5);
  read.read_floats(read.at("h", {5}), out.data());
  EXPECT_THAT(out, ElementsAre(1.0f, -2.0f, 0x1p-24f, 65504.0f, -0.0f));
  read.read_floats(read.at("b", {5}), out.data());
  EXPECT_THAT(out, ElementsAre(1.0f, -2.0f, 0x1p-133f, 0x1.FEp127f, -0.0f));
}

TEST(Safetensors, RefusesNanInfinityAndOtherTypesAsFloats) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> values = {1.0f, bad};
    SafetensorsWriter writer;
    writer.add_floats("w", {2}, values.data());
    const std::string bytes = writer.finish();
    const Safetensors read(bytes);
    std::vector<float> out(2);
    EXPECT_THROW(read.read_floats(read.at("w", {2}), out.data()), Error);
  }
  const std::string bytes = file(one("I64", "[2]", "[0,16]"), 16);
  const Safetensors read(bytes);
  std::vector<float> out(2);
  EXPECT_THROW(read.read_floats(read.at("w", {2}), out.data()), Error);
  EXPECT_THROW(read.at("w", {3}), Error);
  EXPECT_THROW(read.at("v", {2}), Error);
}

struct Hostile {
  std::string bytes;
  std::string says;
};

TEST(Safetensors, RefusesHostileFilesBeforeReadingTensors) {
  const std::string two_tensors =
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
      "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":";
  const Hostile cases[] = {
      {"", "shorter"},
      {"1234567", "shorter"},
      {file("{}", 0, 3), "ends within its header"},
      {file("{}", 0, ~uint64_t{0}), "above"},
      {file("[]", 0), "begin with"},
      {file("{", 0), "bad header"},
      {file("{}", 1), "1 bytes that belong to no tensor"},
      {file(one("F32", "[2]", "[0,8]"), 7), "complete"},
      {file(one("F32", "[2]", "[0,8]"), 9), "belong to no tensor"},
      {file(one("F32", "[1]", "[0,8]"), 8), "does not fill"},
      {file(one("F32", "[3]", "[0,8]"), 8), "larger than the file"},
      {file(one("F99", "[2]", "[0,8]"), 8), "unknown dtype"},
      {file(one("F32", "[2]", "[8,0]"), 8), "outside"},
      {file(one("F32", "[2]", "[0,18446744073709551615]"), 8), "outside"},
      {file(one("F32", "[2]", "[0]"), 8), "two offsets"},
      {file(one("F32", "[-2]", "[0,8]"), 8), "bad header"},
      {file(one("F32", "[2.5]", "[0,8]"), 8), "bad header"},
      {file(one("F32", "2", "[0,8]"), 8), "bad header"},
      {file(one("F32", "[4294967296,4294967296,4]", "[0,8]"), 8), "larger than the file"},
      {file(one("F32", "[9223372036854775808,2]", "[0,0]"), 0), "larger than the file"},
      {file(one("F32", "[0,9223372036854775808]", "[0,8]"), 8), "does not fill"},
      {file(one("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4), "dimensions"},
      {file(two_tensors + "[3,7]}}", 7), "overlaps"},
      {file(two_tensors + "[5,9]}}", 9), "gap"},
      {file("{\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
            "\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
            0),
       "bad header"},
      {file("{\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"code\":1}}", 0),
       "unknown key"},
      {file("{\"w\":{\"dtype\":\"U8\",\"shape\":[0]}}", 0), "bad header"},
      {file("{\"__metadata__\":{\"a\":1}}", 0), "bad header"},
  };
  for (const Hostile& hostile : cases) {
    EXPECT_THAT(error_of(hostile.bytes), HasSubstr(hostile.says)) << hostile.bytes;
  }
}

TEST(Safetensors, KeepsToItsLimits) {
  const std::string bytes = file(one("U8", "[1]", "[0,1]"), 1);
  EXPECT_EQ(error_of(bytes), "");
  EXPECT_THAT(error_of(bytes, {.max_header_bytes = 20}), HasSubstr("above 20"));
  EXPECT_THAT(error_of(bytes, {.max_tensors = 0}), HasSubstr("too many"));
}

}  // namespace
}  // namespace pawl

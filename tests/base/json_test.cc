#include "base/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/rng.h"

namespace pawl {
namespace {

std::string error_of(std::string_view text, const JsonLimits& limits = {}) {
  try {
    parse_json(text, limits);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kFormat);
    return e.what();
  }
  return "";
}

std::string rewrite(std::string_view text, const JsonStyle& style = {}) {
  return to_json(parse_json(text), style);
}

TEST(Json, KeepsMembersInTheirOrder) {
  const std::string text = R"({"z":1,"a":[true,false,null],"m":{"x":-2.5,"y":"é\n\"\\"}})";
  EXPECT_EQ(rewrite(text), text);
}

TEST(Json, WritesAsPythonDoes) {
  const char* text = R"({"a":[1,2.5,{}],"b":[],"c":"é😀\u0001\u007f"})";
  EXPECT_EQ(rewrite(text, {.indent = 2}),
            "{\n  \"a\": [\n    1,\n    2.5,\n    {}\n  ],\n  \"b\": [],\n  \"c\": "
            "\"é😀\\u0001\x7f\"\n}");
  EXPECT_EQ(rewrite(text, {.ascii = true, .spaces = true}),
            R"({"a": [1, 2.5, {}], "b": [], "c": "\u00e9\ud83d\ude00\u0001\u007f"})");
}

TEST(Json, DoublesAreShortestAndStayDoubles) {
  for (const char* text : {"1.0", "0.1", "-0.0", "1e+16", "9999999999999998.0", "0.0001", "1e-05",
                           "1.7976931348623157e+308", "5e-324", "123456.789", "100000.0"}) {
    EXPECT_EQ(rewrite(text), text);
  }
  EXPECT_THROW(to_json(Json(std::nan(""))), Error);
  EXPECT_THROW(to_json(Json(std::numeric_limits<double>::infinity())), Error);
}

TEST(Json, RandomDoublesRoundTripBitForBit) {
  Rng rng(3);
  for (int i = 0; i < 20000; ++i) {
    const double value = std::bit_cast<double>(rng.next());
    if (!std::isfinite(value)) continue;
    const Json back = parse_json(to_json(Json(value)));
    EXPECT_EQ(std::bit_cast<uint64_t>(back.as_double()), std::bit_cast<uint64_t>(value));
    EXPECT_FALSE(back.is_integer());
  }
}

TEST(Json, IntegersKeepAll64Bits) {
  for (const char* text : {"0", "-1", "9223372036854775807", "-9223372036854775808",
                           "18446744073709551615", "4611686018427387904", "9223372036854775808"}) {
    EXPECT_EQ(rewrite(text), text);
  }
  EXPECT_EQ(error_of("18446744073709551616"),
            "JSON: integer does not fit in 64 bits (line 1, byte 0)");
}

TEST(Json, ErrorsNameLineAndByte) {
  EXPECT_EQ(error_of(""), "JSON: ends in the middle of a value (line 1, byte 0)");
  EXPECT_EQ(error_of("{\"a\": 1,\n\"b\" 2}"), "JSON: expected : (line 2, byte 13)");
  EXPECT_EQ(error_of("[1,\n2,\n]"), "JSON: is not a JSON value (line 3, byte 7)");
  EXPECT_EQ(error_of("{a: 1}"), "JSON: expected a key in double quotes (line 1, byte 1)");
  EXPECT_EQ(error_of("[1] 2"), "JSON: text after the end of the value (line 1, byte 4)");
  EXPECT_EQ(error_of("\"a\tb\""), "JSON: control character in a string (line 1, byte 2)");
  EXPECT_EQ(error_of("[\"\xFF\"]"), "JSON: is not UTF-8 (line 1, byte 2)");
  EXPECT_EQ(error_of("[1, 2"), "JSON: ends in the middle of a value (line 1, byte 5)");
  EXPECT_EQ(error_of("NaN"), "JSON: is not a JSON value (line 1, byte 0)");
  EXPECT_EQ(error_of(R"(["\ud800"])"), "JSON: half of a surrogate pair (line 1, byte 3)");
  EXPECT_EQ(error_of("[1e999]"), "JSON: number is out of range (line 1, byte 1)");
  EXPECT_EQ(error_of("[01]"), "JSON: expected , or ] (line 1, byte 2)");
}

TEST(Json, EveryTruncationIsRefused) {
  const std::string text = R"({"key": ["a\u00e9", -1.5e3, true, null, {"n": 12}], "z": "é"})";
  EXPECT_EQ(error_of(text), "");
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_NE(error_of(std::string_view(text).substr(0, size)), "") << size;
  }
}

TEST(Json, DuplicateKeysAreRefusedInSmallAndLargeObjects) {
  EXPECT_EQ(error_of("{\"a\": 1,\n \"a\": 2}"), "JSON: duplicate key \"a\" (line 2, byte 10)");
  std::string text = "{";
  for (int i = 0; i < 50; ++i) text += "\"k" + std::to_string(i) + "\": 0,";
  EXPECT_EQ(error_of(text + "\"last\": 1}"), "");
  EXPECT_NE(error_of(text + "\"k31\": 1}"), "");
  EXPECT_NE(error_of(R"({"a": 1, "\u0061": 2})"), "");
}

TEST(Json, NestingAndSizeStopAtTheirLimits) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(error_of(nested(64)), "");
  EXPECT_NE(error_of(nested(65)).find("nested deeper than 64 levels"), std::string::npos);
  EXPECT_NE(error_of(nested(2000)), "");
  EXPECT_NE(error_of(std::string(1000000, '[')), "");
  EXPECT_NE(error_of(std::string(500000, '{')), "");
  EXPECT_NE(error_of("[1, 2, 3]", {.max_bytes = 5}), "");
}

TEST(Json, LargeDocumentsAreRead) {
  Json list = Json::array();
  for (int i = 0; i < 200000; ++i) list.push_back(Json("item " + std::to_string(i)));
  EXPECT_EQ(parse_json(to_json(list)), list);
}

TEST(Json, AccessorsNameTheTypeFound) {
  const Json value = parse_json(R"({"n": 3.0, "s": "x", "f": 2.5, "big": 1e300})");
  EXPECT_EQ(value.at("n").as_int(), 3);
  EXPECT_EQ(value.at("n").as_uint(), 3u);
  EXPECT_THROW(value.at("f").as_int(), Error);
  EXPECT_THROW(value.at("big").as_int(), Error);
  EXPECT_THROW(Json(-1).as_uint(), Error);
  EXPECT_EQ(Json(7).as_double(), 7.0);
  try {
    value.at("s").as_array();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInvalidInput);
    EXPECT_STREQ(e.what(), "expected an array, found a string");
  }
  try {
    value.at("absent");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "key \"absent\" is missing");
  }
}

TEST(Json, PartsOfATemporaryOutliveIt) {
  int64_t sum = 0;
  for (const Json& item : parse_json("[1, 2, 3]").as_array()) sum += item.as_int();
  for (const auto& [key, item] : parse_json(R"({"a": {"b": 4}})").at("a").as_object()) {
    sum += item.as_int();
  }
  EXPECT_EQ(sum, 10);
}

TEST(Json, MembersCanBeAddedAndErased) {
  Json value = Json::object();
  value["a"] = 1;
  value["b"] = "two";
  value["a"] = 3;
  EXPECT_EQ(to_json(value), R"({"a":3,"b":"two"})");
  EXPECT_TRUE(value.erase("a"));
  EXPECT_FALSE(value.erase("a"));
  EXPECT_EQ(to_json(value), R"({"b":"two"})");
}

TEST(Json, RandomEditsNeverDoMoreThanThrow) {
  Rng rng(5);
  const std::string seed =
      R"({"key": ["a\u00e9\ud83d\ude00", -1.5e3, true, null, {"n": 12}], "z": "é"})";
  const std::string alphabet = "{}[]\",:\\u0123e-.tfn \xC3\xA9\x01";
  for (int round = 0; round < 50000; ++round) {
    std::string text = seed;
    for (int edit = 0; edit < 3; ++edit) {
      text[rng.below(text.size())] = alphabet[rng.below(alphabet.size())];
    }
    try {
      const Json value = parse_json(text);
      EXPECT_EQ(parse_json(to_json(value)), value);
      EXPECT_EQ(parse_json(to_json(value, {.ascii = true})), value);
    } catch (const Error& e) {
      EXPECT_EQ(std::string(e.what()).find("is not valid JSON"), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace pawl

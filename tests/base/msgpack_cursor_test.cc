#include "base/msgpack_cursor.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json_strings.h"
#include "base/rng.h"

namespace pawl {
namespace {

Msgpack sample() {
  NumpyArray array{"<f4", {2, 3}, std::string(24, '\1')};
  Msgpack::Map map;
  map.emplace_back(Msgpack("text"), Msgpack("é"));
  map.emplace_back(Msgpack(uint64_t{1} << 63), Msgpack(Msgpack::Binary{std::string(300, 'x')}));
  map.emplace_back(Msgpack("numbers"),
                   Msgpack(Msgpack::Array{Msgpack(1), Msgpack(-70000), Msgpack(2.5), Msgpack()}));
  map.emplace_back(Msgpack("flags"), Msgpack(Msgpack::Array{Msgpack(true), Msgpack(false)}));
  map.emplace_back(Msgpack("extension"), Msgpack(Msgpack::Extension{5, "abcd"}));
  map.emplace_back(Msgpack("array"), to_msgpack_value(array));
  return Msgpack(std::move(map));
}

TEST(MsgpackCursor, ReadsWhatTheDocumentHas) {
  const std::string bytes = to_msgpack(sample());
  MsgpackCursor cursor(bytes);
  ASSERT_EQ(cursor.read_map(), 6u);
  EXPECT_EQ(cursor.read_text(), "text");
  EXPECT_EQ(cursor.read_text(), "é");
  EXPECT_EQ(cursor.read_uint(), uint64_t{1} << 63);
  EXPECT_EQ(cursor.read_bytes().size(), 300u);
  EXPECT_EQ(cursor.read_text(), "numbers");
  EXPECT_EQ(cursor.read_value(), *sample().find("numbers"));
  EXPECT_EQ(cursor.read_bytes(), "flags");
  ASSERT_EQ(cursor.read_array(), 2u);
  cursor.skip();
  cursor.skip();
  cursor.skip();
  cursor.skip();
  EXPECT_EQ(cursor.read_text(), "array");
  const NumpyView array = read_numpy(cursor);
  EXPECT_EQ(array.dtype, "<f4");
  EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(array.bytes, std::string(24, '\1'));
  EXPECT_TRUE(cursor.at_end());
}

// Damaged in one byte or cut short, a document is skipped exactly where it can be parsed, but for
// what skipping does not look at: texts and repeated keys.
TEST(MsgpackCursor, SkipsNothingThatCannotBeParsed) {
  const std::string whole = to_msgpack(sample());
  Rng rng(1);
  int skipped = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string bytes = whole.substr(0, 1 + rng.below(whole.size()));
    bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    try {
      MsgpackCursor cursor(bytes);
      const std::string_view value = cursor.skip();
      ++skipped;
      try {
        parse_msgpack(value);
      } catch (const Error& error) {
        const std::string what = error.what();
        EXPECT_TRUE(what.find("UTF-8") != std::string::npos ||
                    what.find("map key") != std::string::npos)
            << what;
      }
    } catch (const Error&) {
    }
  }
  EXPECT_GT(skipped, 100);
}

TEST(MsgpackCursor, NamesTheTypeItFound) {
  const std::string bytes = to_msgpack(Msgpack(Msgpack::Array{Msgpack(1)}));
  try {
    MsgpackCursor(bytes).read_map();
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "msgpack: expected map, found array");
  }
}

TEST(MsgpackCursor, DeepNestingIsRefused) {
  const std::string bytes = std::string(10000, '\x91') + '\xC0';
  EXPECT_THROW(MsgpackCursor(bytes).skip(), Error);
}

std::vector<std::string> strings_of(std::string_view json) {
  std::vector<std::string> out;
  for_each_json_string(json, [&](std::string_view text) { out.emplace_back(text); });
  return out;
}

TEST(JsonStrings, ListsAreReadWithTheirEscapes) {
  EXPECT_EQ(strings_of(" [ \"a\",\n \"\\\"b\\\\\", \"\\u00e9\\n\", \"\" ] "),
            (std::vector<std::string>{"a", "\"b\\", "é\n", ""}));
  EXPECT_EQ(strings_of("[]"), std::vector<std::string>());
}

TEST(JsonStrings, AnythingElseIsRefused) {
  for (const char* bad :
       {"", "[", "[\"a\"", "[\"a\",]", "[\"a\" \"b\"]", "[1]", "{\"a\": \"b\"}", "[\"a\"] x",
        "[\"\\x\"]", "[\"\\", "[\"a\nb\"]", "[\"\xff\"]", "[\"\\ud800\"]", "[[\"a\"]]"}) {
    EXPECT_THROW(strings_of(bad), Error) << bad;
  }
}

}  // namespace
}  // namespace pawl

#include <gtest/gtest.h>

#include "base/error.h"
#include "pipeline/ner/biluo.h"
#include "tests/pipeline/ner_fixture.h"

namespace pawl {
namespace {

using ner_testing::strings;

std::string names(const BiluoActions& actions) {
  std::string out;
  for (size_t i = 0; i < actions.size(); ++i) {
    out += (i > 0 ? " " : "") + actions.name(i, strings());
  }
  return out;
}

std::string file(const std::string& moves) {
  return to_msgpack(Msgpack(
      Msgpack::Map{{Msgpack("moves"), Msgpack(moves)},
                   {Msgpack("cfg"), Msgpack(Msgpack::Map{{Msgpack("neg_key"), Msgpack()}})}}));
}

BiluoActions read(const std::string& bytes) {
  BiluoActions actions;
  actions.from_bytes(bytes, "model/moves", strings());
  return actions;
}

TEST(NerActions, AreOrderedByMoveThenFrequencyThenNameBackwards) {
  const BiluoActions actions =
      read(file(R"({"0":{},"1":{"A":1,"B":2,"C":1},"2":{},"3":{},"4":{"A":1,"":1},"5":{"":1}})"));
  EXPECT_EQ(names(actions), "B-B B-C B-A U-A U- O");
}

TEST(NerActions, AddedLabelsComeLastInOrderOfAddition) {
  BiluoActions actions = ner_testing::make_actions({"X"});
  EXPECT_TRUE(actions.add_label("Z", strings()));
  EXPECT_TRUE(actions.add_label("Y", strings()));
  EXPECT_FALSE(actions.add_label("Z", strings()));
  const std::string expected = "B-X I-X L-X U-X U- O B-Z I-Z L-Z U-Z B-Y I-Y L-Y U-Y";
  EXPECT_EQ(names(actions), expected);
  EXPECT_EQ(names(read(actions.to_bytes())), expected);
  EXPECT_EQ(actions.labels(), (std::vector<std::string>{"X", "Y", "Z"}));
}

TEST(NerActions, AreFoundByMoveAndLabel) {
  const BiluoActions actions = ner_testing::make_actions({"X", "Y"});
  EXPECT_EQ(actions.find(ner_testing::parse_action("B-Y")), 1);
  EXPECT_EQ(actions.find(ner_testing::parse_action("O")), 9);
  EXPECT_EQ(actions.find(ner_testing::parse_action("B-Q")), BiluoActions::kNone);
}

TEST(NerActions, KeepTheBytesOfTheFile) {
  const std::string bytes = file(
      R"({"0":{},"1":{"ORG":9,"\u00d6":2},"2":{"ORG":9},"3":{"ORG":9},"4":{"ORG":9,"":1},"5":{"":1}})");
  EXPECT_EQ(read(bytes).to_bytes(), bytes);
}

void expect_refused(const std::string& bytes, const std::string& part) {
  try {
    read(bytes);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_NE(std::string(error.what()).find("model/moves"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(NerActions, RefuseMalformedFilesNamingFileAndKey) {
  const std::string good = file(R"({"1":{"ORG":9}})");
  for (size_t size = 0; size < good.size(); ++size) expect_refused(good.substr(0, size), "");
  expect_refused(file(R"({"7":{"ORG":9}})"), "\"7\"");
  expect_refused(file(R"({"1":{"ORG":"many"}})"), "");
  expect_refused(file(R"(["1"])"), "");
  expect_refused(file("{"), "");
  expect_refused(to_msgpack(Msgpack(Msgpack::Map{{Msgpack("mover"), Msgpack("{}")}})), "moves");
  expect_refused(to_msgpack(Msgpack(Msgpack::Map{{Msgpack("moves"), Msgpack(7)}})), "");
}

TEST(NerActions, RefuseAbsurdNumbersOfLabels) {
  std::string moves = R"({"1":{)";
  for (int i = 0; i < 30000; ++i) {
    moves += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":1";
  }
  expect_refused(file(moves + "}}"), "actions");
}

}  // namespace
}  // namespace pawl

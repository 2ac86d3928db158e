#include "text/vocab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "text/doc.h"

namespace pawl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class VocabFolder : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(testing::TempDir()) / (std::string("pawl_vocab_") + test->name());
    std::filesystem::remove_all(path_);
  }
  void TearDown() override { std::filesystem::remove_all(path_); }

  void write(const std::string& name, std::string_view bytes) {
    Env::real().create_directories(path_);
    Env::real().write_file(path_ / name, bytes, false);
  }
  std::string read(const std::string& name) { return Env::real().read_file(path_ / name); }
  std::string load_error() {
    try {
      Vocab().from_disk(Env::real(), path_);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  Path path_;
};

TEST(StringId, IsFixedForSymbolsAndZeroForTheEmptyString) {
  EXPECT_EQ(string_id(""), 0u);
  EXPECT_EQ(string_id("ORTH"), 65u);
  EXPECT_EQ(string_id("nsubj"), 429u);
  EXPECT_EQ(string_id("coffee"), 3197928453018144401u);
}

TEST(StringStore, ListsWhatWasAddedAndFindsWhatWasInterned) {
  StringStore store;
  const StringId label = store.add("LABEL");
  const auto [word, text] = store.intern("word");
  EXPECT_EQ(store.add("LABEL"), label);
  EXPECT_EQ(store.at(word), "word");
  EXPECT_EQ(*text, "word");
  EXPECT_THAT(store.strings(), ElementsAre("LABEL"));
  store.add("word");
  EXPECT_THAT(store.strings(), ElementsAre("LABEL", "word"));
  EXPECT_EQ(store.at(65), "ORTH");
  EXPECT_TRUE(store.contains(0));
}

TEST(StringStore, StringsAddedLaterAreThereWhenTheyAreAskedFor) {
  StringStore store;
  int calls = 0;
  store.add_later([&](StringStore& to) {
    ++calls;
    to.add("later");
    to.add("known");
  });
  store.add("known");
  EXPECT_EQ(store.at(string_id("known")), "known");
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(store.at(string_id("later")), "later");
  EXPECT_FALSE(store.contains(string_id("never")));
  EXPECT_THAT(store.strings(), ElementsAre("known", "later"));
  EXPECT_EQ(calls, 1);
}

TEST(StringStore, ThreadsThatAskAtOnceAllSeeWhatWasAddedLater) {
  StringStore store;
  store.add_later([](StringStore& to) {
    for (int i = 0; i < 10000; ++i) to.add("word" + std::to_string(i));
  });
  std::atomic<int> found = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { found += store.contains(string_id("word9999")); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(found, 4);
}

TEST(StringStore, SaysWhichIdIsMissing) {
  EXPECT_FALSE(StringStore().contains(12345));
  try {
    StringStore().at(12345);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("12345"));
  }
}

TEST(Vocab, ComputesTheAttributesOfAWord) {
  Vocab vocab;
  vocab.lang = "en";
  const Lexeme& lexeme = vocab.get("Ninety1234");
  EXPECT_EQ(vocab.strings().at(lexeme.shape), "Xxxxxdddd");
  EXPECT_EQ(vocab.strings().at(lexeme.prefix), "N");
  EXPECT_EQ(vocab.strings().at(lexeme.suffix), "234");
  EXPECT_EQ(vocab.strings().at(lexeme.norm), "ninety1234");
  EXPECT_TRUE(lexeme.is(Attr::kIsTitle));
  EXPECT_TRUE(vocab.get("22nd").is(Attr::kLikeNum));
  EXPECT_TRUE(vocab.get("The").is(Attr::kIsStop));
  EXPECT_TRUE(vocab.get("a.museum").is(Attr::kLikeUrl));
  EXPECT_TRUE(vocab.get("a+b@c-d.e").is(Attr::kLikeEmail));
  EXPECT_EQ(vocab.strings().at(vocab.get("€").norm), "$");
}

TEST(Vocab, HasNoStopWordsForLanguagesItDoesNotKnow) {
  Vocab vocab;
  vocab.lang = "de";
  EXPECT_FALSE(vocab.get("the").is(Attr::kIsStop));
  EXPECT_FALSE(vocab.get("seven").is(Attr::kLikeNum));
  EXPECT_TRUE(vocab.get("7").is(Attr::kLikeNum));
}

TEST(Vocab, TakesNormsAndStopWordsThatAreSet) {
  Vocab vocab;
  vocab.set_lexeme_norms({{string_id("colour"), "color"}});
  vocab.set_stop_words({"colour"});
  EXPECT_EQ(vocab.strings().at(vocab.get("colour").norm), "color");
  EXPECT_TRUE(vocab.get("Colour").is(Attr::kIsStop));
}

TEST(Vocab, KeepsTheAddressOfALexemeWhileOthersComeFromManyThreads) {
  Vocab vocab;
  const Lexeme* first = &vocab.get("first");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        const std::string text = "w" + std::to_string(i);
        ASSERT_EQ(*vocab.get(text).text, text);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(&vocab.get("first"), first);
}

TEST(Attr, HasSpacysNames) {
  EXPECT_EQ(attr_from_name("IS_SPACE"), Attr::kIsSpace);
  EXPECT_EQ(attr_name(Attr::kEntType), "ENT_TYPE");
  for (int i = 0; i <= static_cast<int>(Attr::kEntType); ++i) {
    EXPECT_EQ(attr_from_name(attr_name(static_cast<Attr>(i))), static_cast<Attr>(i));
  }
  EXPECT_THROW(attr_from_name("IS_OOV"), Error);
}

TEST_F(VocabFolder, IsWrittenBackByteForByteWithEverythingInIt) {
  write("strings.json", "[\"b\", \"a\"]");
  write("lookups.bin", "\x80");
  std::string no_vectors = "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 0), }";
  no_vectors.resize(117, ' ');
  write("vectors", std::string("\x93NUMPY\x01\x00v\x00", 10) + no_vectors + "\n");
  write("unknown.bin", "kept");
  Vocab vocab;
  vocab.from_disk(Env::real(), path_);
  vocab.get("met-in-a-text");
  const Path out = path_ / "out";
  vocab.to_disk(Env::real(), out);
  for (const char* name : {"strings.json", "lookups.bin", "vectors", "unknown.bin"}) {
    EXPECT_EQ(Env::real().read_file(out / name), read(name)) << name;
  }
}

TEST_F(VocabFolder, HoldsNewStringsInOrderAndNoWordThatWasOnlyMet) {
  write("strings.json", "[\"b\"]");
  Vocab vocab;
  vocab.from_disk(Env::real(), path_);
  vocab.strings().add("ä\n");
  vocab.strings().add("a");
  vocab.get("private");
  vocab.to_disk(Env::real(), path_ / "out");
  EXPECT_EQ(read("out/strings.json"), "[\n  \"a\",\n  \"b\",\n  \"\\u00e4\\n\"\n]");
}

TEST_F(VocabFolder, CarriesNormsThatWereSet) {
  Vocab vocab;
  vocab.set_lexeme_norms({{string_id("colour"), "color"}});
  vocab.to_disk(Env::real(), path_);
  EXPECT_EQ(read("vectors").size(), 128u);
  Vocab again;
  again.from_disk(Env::real(), path_);
  EXPECT_EQ(again.strings().at(again.get("colour").norm), "color");
}

TEST_F(VocabFolder, ReadsTheRulesOfALanguagePack) {
  write("strings.json", "[]");
  write("lex_attrs.json",
        R"({"stop_words":["und"],"like_num":[{"drop_suffix":"%"},{"remove":["."]},{"digits":true},)"
        R"({"words":["zwei"],"lower":true},{"digit_suffixes":["te"],"cut":[2]}]})");
  Vocab vocab;
  vocab.from_disk(Env::real(), path_);
  EXPECT_TRUE(vocab.get("Und").is(Attr::kIsStop));
  for (const char* text : {"1.000%", "ZWEI", "20te"}) {
    EXPECT_TRUE(vocab.get(text).is(Attr::kLikeNum)) << text;
  }
  for (const char* text : {"-5", "drei", "te", "%"}) {
    EXPECT_FALSE(vocab.get(text).is(Attr::kLikeNum)) << text;
  }
}

TEST_F(VocabFolder, NamesTheFileThatIsWrong) {
  write("unrelated", "");
  EXPECT_THAT(load_error(), HasSubstr("strings.json"));
  write("strings.json", "[1]");
  EXPECT_THAT(load_error(), HasSubstr("strings.json"));
  write("strings.json", "[]");
  write("lookups.bin", "\x81");
  EXPECT_THAT(load_error(), HasSubstr("lookups.bin"));
  write("lookups.bin", "\x80");
  write("lex_attrs.json", "{\"stop_words\":[],\"like_num\":[{\"run\":1}]}");
  EXPECT_THAT(load_error(), HasSubstr("lex_attrs.json"));
}

}  // namespace
}  // namespace pawl

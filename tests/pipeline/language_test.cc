#include "pipeline/language.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/rng.h"
#include "pipeline/component/carried.h"
#include "pipeline/pipeline_path.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl {
namespace {

using test::component_block;
using test::kTinyBow;
using test::kTinyNer;
using test::kTinyTok2Vec;
using test::TemporaryFolder;
using test::tiny_blank;

std::vector<Example> two_examples(const Language& language) {
  std::vector<Example> out(2);
  out[0].predicted = language.make_doc("go to Rome .");
  out[0].cats = {{"trip", 1.0f}, {"question", 0.0f}};
  out[0].has_entities = true;
  out[0].entities = {{2, 3, language.vocab().strings().add("PLACE")}};
  out[1].predicted = language.make_doc("what is love ?");
  out[1].cats = {{"trip", 0.0f}, {"question", 1.0f}};
  out[1].has_entities = true;
  return out;
}

std::unique_ptr<Language> tiny_pipeline() {
  auto language = tiny_blank();
  language->add_pipe("tok2vec", component_block(kTinyTok2Vec));
  language->add_pipe("ner", component_block(kTinyNer));
  language->add_pipe("textcat", component_block(kTinyBow));
  Rng rng(0);
  const auto examples = two_examples(*language);
  for (const char* name : {"tok2vec", "ner", "textcat"}) {
    language->find_trainable(name)->initialize(examples, rng, Progress::silent());
    language->find_trainable(name)->weights_changed();
  }
  return language;
}

std::string load_error(const Path& path) {
  try {
    Language::from_disk(Env::real(), path);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

void expect_same_predictions(const Language& left, const Language& right) {
  for (const char* text : {"go to Oslo .", "what is dew ?", "", " ", "x"}) {
    const Doc a = left(text), b = right(text);
    EXPECT_EQ(a.cats(), b.cats()) << text;
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].ent_iob, b[i].ent_iob) << text;
  }
}

// A saved tiny pipeline with a component that pawl does not run.
class SavedPipeline : public ::testing::Test {
 protected:
  void SetUp() override {
    tiny_pipeline()->to_disk(env_, path_);
    Json config = parse_config(env_.read_file(path_ / "config.cfg"), "config.cfg",
                               {.interpolate = false, .overrides = {}});
    set_config(config, "nlp.pipeline", Json(Json::Array{"tok2vec", "ner", "textcat", "tagger"}));
    set_config(config, "components.tagger.factory", "entity_linker");
    write("config.cfg", write_config(config));
    env_.create_directories(path_ / "tagger" / "deep");
    write("tagger/model", std::string("\x01\x02\x00\xff", 4));
    write("tagger/deep/cfg", "{}");
  }

  void write(const std::string& file, const std::string& bytes) {
    env_.write_file(path_ / file, bytes, false);
  }
  std::string read(const std::string& file) { return env_.read_file(path_ / file); }
  void set(const std::string& key, Json value) {
    Json config =
        parse_config(read("config.cfg"), "config.cfg", {.interpolate = false, .overrides = {}});
    set_config(config, key, std::move(value));
    write("config.cfg", write_config(config));
  }

  Env& env_ = Env::real();
  TemporaryFolder folder_;
  const Path path_ = folder_ / "pipeline";
};

TEST_F(SavedPipeline, LoadsWithTheSamePredictions) {
  Warnings warnings;
  const auto loaded = Language::from_disk(env_, path_, &warnings);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("'tagger'"), std::string::npos);
  EXPECT_EQ(loaded->pipe_names(),
            (std::vector<std::string>{"tok2vec", "ner", "textcat", "tagger"}));
  expect_same_predictions(*loaded, *tiny_pipeline());
}

TEST_F(SavedPipeline, SavesWhatItDoesNotRunByteForByte) {
  Language::from_disk(env_, path_)->clone()->to_disk(env_, folder_ / "again");
  EXPECT_EQ(env_.list_files(folder_ / "again" / "tagger"), env_.list_files(path_ / "tagger"));
  EXPECT_EQ(env_.read_file(folder_ / "again" / "tagger" / "model"), read("tagger/model"));
  EXPECT_EQ(env_.read_file(folder_ / "again" / "ner" / "model"), read("ner/model"));
}

TEST_F(SavedPipeline, NewLabelsAreInTheVocabularyOnDisk) {
  EXPECT_NE(read("vocab/strings.json").find("PLACE"), std::string::npos);
  EXPECT_NE(read("vocab/strings.json").find("question"), std::string::npos);
  const Json meta = parse_json(read("meta.json"));
  EXPECT_EQ(meta.at("labels").at("textcat").as_array().size(), 2u);
  EXPECT_EQ(meta.at("pipeline").as_array().size(), 3u);
}

TEST_F(SavedPipeline, DisabledComponentsAreKeptButNotRun) {
  set("nlp.disabled", Json(Json::Array{"textcat"}));
  const auto loaded = Language::from_disk(env_, path_);
  EXPECT_TRUE((*loaded)("go to Oslo .").cats().empty());
  loaded->to_disk(env_, folder_ / "again");
  EXPECT_TRUE(env_.exists(folder_ / "again" / "textcat" / "model"));
  EXPECT_EQ(
      parse_json(env_.read_file(folder_ / "again" / "meta.json")).at("disabled").as_array().size(),
      1u);
}

TEST_F(SavedPipeline, NeverWritesIntoWhatIsThere) {
  EXPECT_THROW(tiny_pipeline()->to_disk(env_, path_), Error);
  EXPECT_THROW(tiny_pipeline()->to_disk(env_, path_ / "meta.json"), Error);
}

TEST_F(SavedPipeline, AHeadWithoutItsUpstreamIsAnErrorThatNamesTheKey) {
  set("components.ner.model.tok2vec.upstream", "elsewhere");
  EXPECT_NE(load_error(path_).find("components.ner.model: listens to 'elsewhere'"),
            std::string::npos)
      << load_error(path_);
}

TEST_F(SavedPipeline, UnknownArchitecturesNameFileAndKey) {
  set("components.textcat.model.@architectures", "my.Model.v1");
  const std::string message = load_error(path_);
  EXPECT_NE(message.find("config.cfg"), std::string::npos) << message;
  EXPECT_NE(message.find("components.textcat.model"), std::string::npos) << message;
  EXPECT_NE(message.find("my.Model.v1"), std::string::npos) << message;
}

TEST_F(SavedPipeline, OtherTokenizersAreRefusedByName) {
  set("nlp.tokenizer.@tokenizers", "spacy.zh.ChineseTokenizer");
  EXPECT_NE(load_error(path_).find("nlp.tokenizer: pawl cannot run 'spacy.zh.ChineseTokenizer'"),
            std::string::npos);
}

TEST_F(SavedPipeline, SymbolicLinksPicklesAndPathsAreRefused) {
  std::filesystem::create_symlink("/etc/hostname", path_ / "tagger" / "link");
  EXPECT_NE(load_error(path_).find("link"), std::string::npos);
  std::filesystem::remove(path_ / "tagger" / "link");
  write("tagger/patterns.pkl", "x");
  EXPECT_NE(load_error(path_).find("patterns.pkl"), std::string::npos);
  std::filesystem::remove(path_ / "tagger" / "patterns.pkl");
  for (const char* name : {"..", "a/b", "vocab", ""}) {
    set("nlp.pipeline", Json(Json::Array{name}));
    EXPECT_NE(load_error(path_).find("cannot be the name of a component"), std::string::npos)
        << name;
  }
}

TEST_F(SavedPipeline, WrongShapesInConfigNameTheKey) {
  set("nlp.pipeline", "ner");
  EXPECT_NE(load_error(path_).find("nlp.pipeline must be a list"), std::string::npos);
  set("nlp.pipeline", Json(Json::Array{"ner", "ner"}));
  EXPECT_NE(load_error(path_).find("names 'ner' twice"), std::string::npos);
  set("nlp.pipeline", Json(Json::Array{"nothing"}));
  EXPECT_NE(load_error(path_).find("[components.nothing]"), std::string::npos);
  set("nlp.pipeline", Json(Json::Array{}));
  set("nlp.lang", Json());
  EXPECT_NE(load_error(path_).find("nlp.lang"), std::string::npos);
}

TEST_F(SavedPipeline, EveryMissingFileIsNamed) {
  for (const char* file :
       {"config.cfg", "meta.json", "tokenizer", "ner/model", "textcat/model", "tok2vec/model"}) {
    const std::string bytes = read(file);
    std::filesystem::remove(path_ / file);
    EXPECT_NE(load_error(path_).find(Path(file).filename().string()), std::string::npos)
        << file << ": " << load_error(path_);
    write(file, bytes);
  }
}

TEST_F(SavedPipeline, EveryTruncatedFileIsAnErrorThatNamesIt) {
  for (const std::string& file : env_.list_files(path_)) {
    // Pawl does not look into these; half of a config can be a config, see WrongShapesInConfig.
    static const std::set<std::string> kKept = {
        "config.cfg",        "tok2vec/cfg",  "vocab/key2row",  "vocab/vectors",
        "vocab/vectors.cfg", "tagger/model", "tagger/deep/cfg"};
    if (kKept.contains(file)) continue;
    const std::string bytes = read(file);
    for (const size_t size : {bytes.size() - 1, bytes.size() / 2}) {
      if (bytes.empty()) continue;
      write(file, bytes.substr(0, size));
      const std::string message = load_error(path_);
      EXPECT_NE(message.find(Path(file).filename().string()), std::string::npos)
          << file << " " << size << ": " << message;
    }
    write(file, bytes);
  }
}

TEST_F(SavedPipeline, NestedOversizedAndNotFiniteContentIsRefused) {
  const std::string meta = read("meta.json");
  write("meta.json", std::string(100000, '['));
  EXPECT_NE(load_error(path_).find("meta.json"), std::string::npos);
  write("meta.json", meta);
  const std::string tokenizer = read("tokenizer");
  write("tokenizer", std::string(100000, '\x91'));
  EXPECT_NE(load_error(path_).find("tokenizer"), std::string::npos);
  write("tokenizer", "\xdd\xff\xff\xff\xff");
  EXPECT_NE(load_error(path_).find("tokenizer"), std::string::npos);
  write("tokenizer", tokenizer);

  auto language = tiny_pipeline();
  for (const char* name : {"tok2vec", "ner", "textcat"}) {
    nn::Node& root = language->find_trainable(name)->model();
    for (nn::Node* node : nn::walk(root)) {
      for (const auto& param : node->params) {
        if (!param->value.empty()) param->value[0] = std::numeric_limits<float>::quiet_NaN();
      }
    }
    const std::string bytes = read(std::string(name) + "/model");
    write(std::string(name) + "/model", nn::to_bytes(root));
    const std::string message = load_error(path_);
    EXPECT_NE(message.find("model"), std::string::npos) << message;
    write(std::string(name) + "/model", bytes);
  }
}

TEST_F(SavedPipeline, FlippedBytesGiveAPipelineOrAnError) {
  Rng rng(3);
  for (const std::string& file : env_.list_files(path_)) {
    const std::string bytes = read(file);
    for (int i = 0; i < 12 && !bytes.empty(); ++i) {
      std::string damaged = bytes;
      damaged[rng.below(damaged.size())] = static_cast<char>(rng.below(256));
      write(file, damaged);
      load_error(path_);
    }
    write(file, bytes);
  }
}

TEST(Language, ACloneLearnsByItself) {
  const auto language = tiny_pipeline();
  const auto copy = language->clone();
  expect_same_predictions(*language, *copy);
  auto examples = two_examples(*copy);
  nn::Adam optimizer({.learn_rate = 0.1});
  Losses losses;
  for (int i = 0; i < 5; ++i) {
    copy->find_trainable("textcat")->update(
        examples, {.dropout = 0, .optimizer = &optimizer, .rng = nullptr}, losses);
  }
  copy->find_trainable("textcat")->weights_changed();
  EXPECT_NE((*copy)("go to Oslo .").cats(), (*language)("go to Oslo .").cats());
  expect_same_predictions(*language, *tiny_pipeline());
}

TEST(Language, AComponentIsReplacedByName) {
  const auto language = tiny_pipeline();
  const auto other = tiny_pipeline();
  auto examples = two_examples(*other);
  nn::Adam optimizer({.learn_rate = 0.1});
  Losses losses;
  other->find_trainable("textcat")->update(
      examples, {.dropout = 0, .optimizer = &optimizer, .rng = nullptr}, losses);
  other->find_trainable("textcat")->weights_changed();
  language->replace_pipe(other->find("textcat")->clone(language->shared_vocab()));
  EXPECT_EQ((*language)("go to Oslo .").cats(), (*other)("go to Oslo .").cats());
  EXPECT_THROW(
      language->replace_pipe(std::make_unique<CarriedComponent>("new", "tagger", Json::object())),
      Error);
}

TEST(Language, RemovingTheSharedTok2VecOfAListenerIsRefused) {
  const auto language = tiny_pipeline();
  EXPECT_THROW(language->remove_pipe("tok2vec"), Error);
  EXPECT_NE(language->find("tok2vec"), nullptr);
  language->remove_pipe("ner");
  language->remove_pipe("tok2vec");
  EXPECT_EQ(language->pipe_names(), (std::vector<std::string>{"textcat"}));
}

TEST(Language, ATextOfMoreCharactersThanSpacyTakesIsRefused) {
  const auto language = tiny_pipeline();
  std::string text;
  for (size_t i = 0; i < Language::kMaxLength; ++i) text += i % 50 == 49 ? " " : "\u00e9";
  EXPECT_GT(language->make_doc(text).size(), 1u);
  try {
    language->make_doc(text + "e");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    EXPECT_NE(std::string(error.what()).find("1000001 characters"), std::string::npos);
  }
}

TEST(Language, APipedBatchEqualsSingleTexts) {
  const auto language = tiny_pipeline();
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i)
    texts.push_back(i % 3 ? "go to Oslo ." : "what is dew " + std::to_string(i));
  const std::vector<Doc> docs = language->pipe(texts);
  for (size_t i = 0; i < docs.size(); i += 37) {
    const Doc single = (*language)(texts[i]);
    ASSERT_EQ(docs[i].cats().size(), single.cats().size());
    for (size_t j = 0; j < single.cats().size(); ++j) {
      EXPECT_NEAR(docs[i].cats()[j].second, single.cats()[j].second, 1e-6);
    }
  }
}

TEST(PipelinePath, FindsFoldersPackagesAndSaysWhereItLooked) {
  const TemporaryFolder folder;
  Env& env = Env::real();
  test::write_tiny_pack(folder / "site/my_model/my_model-1.0.0");
  const std::vector<Path> sites = {folder / "other", folder / "site"};
  EXPECT_EQ(find_pipeline(env, "my_model", sites), folder / "site/my_model/my_model-1.0.0");
  EXPECT_EQ(find_pipeline(env, folder / "site/my_model"), folder / "site/my_model/my_model-1.0.0");
  try {
    find_pipeline(env, "my_other", sites);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find((folder / "site").string()), std::string::npos);
  }
  EXPECT_THROW(find_pipeline(env, "../site/my_model", sites), Error);
}

}  // namespace
}  // namespace pawl

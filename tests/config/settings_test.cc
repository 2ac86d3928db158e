#include "config/settings.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/error.h"

namespace pawl {
namespace {

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Settings, DefaultsAreTheContracts) {
  const Settings settings;
  EXPECT_EQ(settings.integer("training.n_iter"), 10);
  EXPECT_EQ(settings.integer("training.batch_size"), 32);
  EXPECT_EQ(settings.number("training.dropout"), 0.2);
  EXPECT_EQ(settings.number("training.learn_rate"), 0.001);
  EXPECT_EQ(settings.number("training.validation_split"), 0.2);
  EXPECT_EQ(settings.group_to_json("training").at("n_iter").as_int(), 10);
  EXPECT_EQ(settings.integer("learning.min_data_threshold"), 50);
  EXPECT_EQ(settings.number("learning.quality_threshold"), 0.7);
  EXPECT_EQ(settings.number("learning.validation_threshold"), 0.85);
  EXPECT_EQ(settings.integer("learning.max_training_examples"), 1000);
  EXPECT_EQ(settings.integer("learning.backup_retention_days"), 30);
  EXPECT_EQ(settings.number("validation.accuracy"), 0.85);
  EXPECT_EQ(settings.number("validation.intent_accuracy"), 0.80);
  EXPECT_EQ(settings.number("validation.sentiment_accuracy"), 0.75);
  EXPECT_EQ(settings.number("validation.entity_accuracy"), 0.70);
}

TEST(Settings, ReadsTomlWithIntegersWhereNumbersAreAsked) {
  Settings settings;
  settings.read_toml("[training]\nn_iter = 3\ndropout = 0\n[validation]\naccuracy = 0.5\n",
                     "pawl.toml");
  EXPECT_EQ(settings.integer("training.n_iter"), 3);
  EXPECT_EQ(settings.number("training.dropout"), 0.0);
  EXPECT_EQ(settings.number("validation.accuracy"), 0.5);
}

TEST(Settings, BadTomlNamesFileLineAndKeyAndChangesNothing) {
  Settings settings;
  auto toml = [&](const char* text) {
    return error_of([&] { settings.read_toml(text, "pawl.toml"); });
  };
  EXPECT_NE(toml("[training]\nn_iter = 3\nepochs = 3\n")
                .find("pawl.toml:3: unknown setting 'training.epochs'"),
            std::string::npos);
  EXPECT_EQ(toml("[training]\nn_iter = 0\n"),
            "pawl.toml:2: training.n_iter is 0, but must be an integer, 1 to 10000");
  EXPECT_NE(toml("[training]\nn_iter = 1.5\n").find("training.n_iter is 1.5"), std::string::npos);
  EXPECT_NE(toml("[training]\ndropout = nan\n").find("training.dropout is not a finite number"),
            std::string::npos);
  EXPECT_NE(toml("[training]\nn_iter = [1]\n").find("must be a single value"), std::string::npos);
  EXPECT_NE(toml("n_iter = 1\n").find("pawl.toml:1: 'n_iter' stands outside"), std::string::npos);
  EXPECT_NE(toml("[training\n").find("pawl.toml:1: not TOML"), std::string::npos);
  EXPECT_EQ(settings.integer("training.n_iter"), 10);
}

TEST(Settings, LettersBeyondAsciiStandInDoubleQuotesAndComments) {
  const auto encoder = [](const std::string& text) {
    Settings settings;
    settings.read_toml(text, "pawl.toml");
    return settings.text("training.encoder");
  };
  EXPECT_EQ(encoder("\xEF\xBB\xBF# caf\u00e9 \"\n[training] # '\u27e8\n"
                    "encoder = \"caf\u00e9\\\"#\U0001f600\"\n"),
            "caf\u00e9\"#\U0001f600");
  EXPECT_EQ(encoder("[training]\nencoder = \"\"\"\n\u00e9 \"\" \\\n  x\"\"\"\n"), "\u00e9 \"\" x");
  EXPECT_EQ(encoder("[training]\nencoder = '\\'\n"), "\\");
  for (const char* value : {"\u027e", "'\u027e'", "''' \u027e'''", "\"x\"\u027e", "\"\\\u027e\"",
                            "\"\"\"\\\u027e\"\"\"", "3d\x01{\"t\u027e\"}\u027e"}) {
    const std::string message =
        error_of([&] { encoder("[training]\nencoder = " + std::string(value) + "\n"); });
    EXPECT_NE(message.find("pawl.toml:2: not TOML: letters beyond ASCII"), std::string::npos)
        << value << ": " << message;
  }
}

TEST(Settings, EnvironmentOverrides) {
  Settings settings;
  settings.read_environment(
      std::vector<std::string>{"HOME=x", "PAWL_WORKSPACE=y", "PAWL_LEARNING_MIN_DATA_THRESHOLD=7"});
  EXPECT_EQ(settings.integer("learning.min_data_threshold"), 7);
  EXPECT_NE(error_of([&] {
              settings.read_environment(std::vector<std::string>{"PAWL_LEARNING_MIN=7"});
            }).find("PAWL_LEARNING_MIN"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              settings.read_environment(std::vector<std::string>{"PAWL_TRAINING_N_ITER=many"});
            }).find("training.n_iter is 'many'"),
            std::string::npos);
}

TEST(Settings, TheDocumentationIsCurrent) {
  const std::string path = std::string(PAWL_SOURCE_DIR) + "/docs/settings.md";
  if (std::getenv("PAWL_UPDATE_DOCS")) std::ofstream(path) << settings_markdown();
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, settings_markdown()) << "run this test with PAWL_UPDATE_DOCS=1 to write it";
}

}  // namespace
}  // namespace pawl

// A pipeline small enough to be made, trained and damaged within a test.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/env.h"
#include "config/spacy_config.h"
#include "pipeline/language.h"

namespace pawl::test {

// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    path_ = std::filesystem::temp_directory_path() / ("pawl_test_" + new_uuid(Env::real()));
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const Path& path() const { return path_; }
  Path operator/(const std::string& name) const { return path_ / name; }

 private:
  Path path_;
};

// The files of a language pack that splits at blanks and before final punctuation.
inline void write_tiny_pack(const Path& folder) {
  Env& env = Env::real();
  env.create_directories(folder);
  auto vocab = std::make_shared<Vocab>();
  vocab->lang = "en";
  TokenizerRules rules;
  rules.suffix_search = "[.,!?]$";
  env.write_file(
      folder / "config.cfg",
      "[nlp]\nlang = \"en\"\npipeline = []\ndisabled = []\nbatch_size = 64\n\n[components]\n",
      false);
  env.write_file(folder / "meta.json", R"({"lang":"en","name":"tiny","version":"0.0.0"})", false);
  env.write_file(folder / "tokenizer", Tokenizer(vocab, rules).to_bytes(), false);
  vocab->to_disk(env, folder / "vocab");
}

inline std::unique_ptr<Language> tiny_blank() {
  TemporaryFolder folder;
  write_tiny_pack(folder / "pack");
  return Language::blank(Env::real(), folder / "pack");
}

inline Json component_block(const char* text) {
  return parse_config(text, "component", {.interpolate = false, .overrides = {}}).at("c");
}

inline constexpr const char* kTinyBow = R"([c]
factory = "textcat"
threshold = 0.0
[c.model]
@architectures = "spacy.TextCatBOW.v3"
exclusive_classes = true
length = 256
ngram_size = 1
no_output_layer = false
)";

inline constexpr const char* kTinyTok2Vec = R"([c]
factory = "tok2vec"
[c.model]
@architectures = "spacy.Tok2Vec.v2"
[c.model.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 8
attrs = ["NORM", "PREFIX"]
rows = [50, 50]
include_static_vectors = false
[c.model.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 8
depth = 1
window_size = 1
maxout_pieces = 2
)";

inline constexpr const char* kTinyNer = R"([c]
factory = "ner"
[c.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "ner"
extra_state_tokens = false
hidden_width = 8
maxout_pieces = 2
use_upper = true
nO = null
[c.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 8
upstream = "tok2vec"
)";

}  // namespace pawl::test

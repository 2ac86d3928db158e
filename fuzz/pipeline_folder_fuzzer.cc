// A pipeline folder of which one file is the fuzzer's: the first byte chooses the file, the rest
// replaces its end from the position the next two bytes name. Loading gives a pipeline or an Error.
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace {

using namespace pawl;

struct Folder {
  test::TemporaryFolder root;
  Path path = root / "pipeline";
  std::vector<std::string> files;

  Folder() {
    const auto language = test::tiny_blank();
    language->add_pipe("tok2vec", test::component_block(test::kTinyTok2Vec));
    language->add_pipe("ner", test::component_block(test::kTinyNer));
    language->add_pipe("textcat", test::component_block(test::kTinyBow));
    std::vector<Example> examples(2);
    examples[0].predicted = language->make_doc("go to Rome .");
    examples[0].cats = {{"a", 1.0f}, {"b", 0.0f}};
    examples[0].has_entities = true;
    examples[0].entities = {{2, 3, language->vocab().strings().add("PLACE")}};
    examples[1].predicted = language->make_doc("what ?");
    examples[1].cats = {{"a", 0.0f}, {"b", 1.0f}};
    Rng rng(0);
    for (const char* name : {"tok2vec", "ner", "textcat"}) {
      language->find_trainable(name)->initialize(examples, rng, Progress::silent());
    }
    language->to_disk(Env::real(), path);
    files = Env::real().list_files(path);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Folder folder;
  if (size < 3) return 0;
  Env& env = Env::real();
  const Path file = folder.path / folder.files[data[0] % folder.files.size()];
  const std::string original = env.read_file(file);
  const size_t at = (data[1] * 256u + data[2]) % (original.size() + 1);
  std::string bytes = original.substr(0, at);
  bytes.append(reinterpret_cast<const char*>(data) + 3, size - 3);
  if (bytes.size() < original.size() && data[2] % 2) bytes += original.substr(bytes.size());
  env.write_file(file, bytes, false);
  try {
    const auto language = Language::from_disk(env, folder.path);
    (*language)("go to Oslo .");
  } catch (const Error&) {
  }
  env.write_file(file, original, false);
  return 0;
}

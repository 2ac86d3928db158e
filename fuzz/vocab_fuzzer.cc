// Any bytes as a file of vocab/: refused with an Error, or the folder can be used, written and read
// again. The first byte says which file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

#include "base/env.h"
#include "base/error.h"
#include "text/vocab.h"

namespace {

using namespace pawl;

// Files in memory.
class MemoryEnv : public Env {
 public:
  std::string read_file(const Path& path, const ReadLimits&) override {
    return files.at(path.filename());
  }
  void write_file(const Path& path, std::string_view bytes, bool, int) override {
    files[path.filename()] = bytes;
  }
  void sync_directory(const Path&) override {}
  void create_directories(const Path&, int) override {}
  void rename(const Path&, const Path&) override {}
  void remove_all(const Path&) override {}
  bool exists(const Path& path) override { return files.contains(path.filename()); }
  bool is_directory(const Path&) override { return false; }
  std::vector<std::string> list_directory(const Path& path) override { return list_files(path); }
  std::vector<std::string> list_files(const Path&) override {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : files) names.push_back(name);
    return names;
  }
  int64_t now_micros() override { return 0; }
  void random_bytes(void*, size_t) override {}

  std::map<std::string, std::string> files;
};

constexpr const char* kNames[] = {"strings.json", "lookups.bin", "lex_attrs.json", "vectors",
                                  "key2row"};

void run(MemoryEnv& env) {
  Vocab vocab;
  vocab.lang = "en";
  vocab.from_disk(env, "vocab");
  for (const char* text : {"Colour", "ΑΣ", "22nd", "1/2", "a.b/c", "\n"}) {
    const Lexeme& lexeme = vocab.get(text);
    if (*lexeme.text != text || vocab.strings().at(lexeme.norm).size() > (size_t{1} << 20)) {
      std::abort();
    }
  }
  MemoryEnv written;
  vocab.to_disk(written, "vocab");
  if (written.files.at("strings.json") != env.files.at("strings.json")) std::abort();
  Vocab().from_disk(written, "vocab");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  MemoryEnv env;
  env.files["strings.json"] = "[]";
  env.files[kNames[data[0] % std::size(kNames)]] = {reinterpret_cast<const char*>(data) + 1,
                                                    size - 1};
  try {
    run(env);
  } catch (const Error&) {
  }
  return 0;
}

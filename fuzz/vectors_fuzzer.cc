// The files of a table of vectors: the first bytes say how the input is cut into table, keys and
// settings. What is accepted can be looked up.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "text/vectors.h"

namespace {

using namespace pawl;

void look_up(std::string_view table, std::string_view keys, std::string_view settings) {
  static const Path path = std::filesystem::temp_directory_path() /
                           ("pawl-vectors-fuzzer-" + std::to_string(::getpid()));
  try {
    Env::real().write_file(path, table, false);
    const auto vectors = Vectors::read(MappedFile::open(path), keys, settings, "fuzz");
    if (vectors->empty() || vectors->width() > 4096) return;
    std::vector<float> out(vectors->width());
    for (const StringId key : {StringId{0}, StringId{1}, ~StringId{0}})
      vectors->look_up(key, "naïve", out.data());
  } catch (const Error&) {
    // Refused, with a reason.
  }
  Env::real().remove_all(path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  const size_t keys = bytes.size() * data[0] / 256;
  const size_t settings = keys + (bytes.size() - keys) * data[1] / 256;
  look_up(bytes.substr(0, keys), bytes.substr(keys, settings - keys), bytes.substr(settings));
  return 0;
}

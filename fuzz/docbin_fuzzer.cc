// DocBin: the unpacked message, and the compressed bytes. What is accepted can be written and read
// again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "training/docbin.h"
#include "training/zlib_bytes.h"

namespace {

void read_and_write(std::string_view bytes) {
  pawl::StringStore strings;
  std::vector<pawl::GoldDoc> docs;
  try {
    docs = pawl::read_docbin(bytes, strings, "fuzz", {.max_bytes = size_t{8} << 20});
  } catch (const pawl::Error&) {
    return;
  }
  const auto again = pawl::read_docbin(pawl::write_docbin(docs, strings), strings, "written");
  if (again.size() != docs.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_and_write(bytes);
  read_and_write(pawl::compress_zlib(bytes));
  return 0;
}

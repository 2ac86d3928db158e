// What is accepted lies within the input, can be read, and comes back equal after writing.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/safetensors.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void read_all(const pawl::Safetensors& file, size_t available) {
  pawl::SafetensorsWriter writer;
  size_t written = 0;
  for (const pawl::TensorInfo& tensor : file.tensors()) {
    check(tensor.begin <= tensor.end && tensor.end <= available);
    check(tensor.elements <= available);
    std::vector<float> floats(tensor.elements);
    try {
      file.read_floats(tensor, floats.data());
    } catch (const pawl::Error&) {
      continue;
    }
    writer.add_floats(tensor.name, tensor.shape, floats.data());
    ++written;
  }
  const std::string bytes = writer.finish();
  const pawl::Safetensors again(bytes);
  check(again.tensors().size() == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    read_all(pawl::Safetensors(bytes), size);
  } catch (const pawl::Error&) {
  }
  return 0;
}

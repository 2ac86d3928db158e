// The safetensors format: a length, a JSON header that names every tensor, then their bytes.
// https://huggingface.co/docs/safetensors. Little-endian machines only, as the format is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl {

struct SafetensorsLimits {
  size_t max_header_bytes = size_t{16} << 20;
  size_t max_tensors = 1 << 16;
};

struct TensorInfo {
  std::string name;
  std::string dtype;  // as the header spells it: "F32", "BF16", "I64" ...
  std::vector<uint64_t> shape;
  size_t begin = 0;  // of its bytes, from the end of the header
  size_t end = 0;
  uint64_t elements = 0;
};

// A view of a file held in memory, which must outlive it. Immutable; safe for concurrent use.
class Safetensors {
 public:
  // Checks the whole header before anything is allocated for a tensor: length and depth within
  // limits, known dtypes, shape times dtype equal to the extent, extents that follow one another
  // without gap or overlap and end with the file, no name twice. Throws Error(kFormat) naming the
  // tensor.
  explicit Safetensors(std::string_view file, const SafetensorsLimits& limits = {});

  const std::vector<TensorInfo>& tensors() const { return tensors_; }  // by their place in the file
  const std::vector<std::pair<std::string, std::string>>& metadata() const { return metadata_; }
  const TensorInfo* find(std::string_view name) const;  // null: none of that name

  // Throws Error(kFormat) naming the tensor when it is absent or has another shape.
  const TensorInfo& at(std::string_view name, const std::vector<uint64_t>& shape) const;
  // Elements of a tensor of F32, F16 or BF16 as float32, into `out` [elements]. Throws
  // Error(kFormat) for another dtype, and for NaN and infinities, which no weight may be.
  void read_floats(const TensorInfo& tensor, float* out) const;
  // The elements of a tensor of I8.
  void read_int8(const TensorInfo& tensor, int8_t* out) const;
  // The elements of a tensor of U32.
  void read_uint32(const TensorInfo& tensor, uint32_t* out) const;

 private:
  std::string_view bytes_of(const TensorInfo& tensor) const;
  void copy(const TensorInfo& tensor, const char* dtype, void* out) const;

  std::string_view data_;
  std::vector<TensorInfo> tensors_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

// Writes tensors in the order given. The header is padded so that the data begins at a multiple of
// eight bytes.
class SafetensorsWriter {
 public:
  void add_floats(std::string name, std::vector<uint64_t> shape, const float* data);
  void add_int8(std::string name, std::vector<uint64_t> shape, const int8_t* data);
  void add_uint32(std::string name, std::vector<uint64_t> shape, const uint32_t* data);
  void add_metadata(std::string key, std::string value);
  std::string finish() const;

 private:
  void add(std::string name, const char* dtype, std::vector<uint64_t> shape, const void* data,
           size_t item);

  std::vector<TensorInfo> tensors_;
  std::vector<std::pair<std::string, std::string>> metadata_;
  std::string data_;
};

}  // namespace pawl

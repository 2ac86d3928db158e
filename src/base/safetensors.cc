#include "base/safetensors.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/json.h"

namespace pawl {

static_assert(std::endian::native == std::endian::little);

namespace {

constexpr size_t kLengthBytes = 8;
constexpr size_t kMaxDimensions = 8;

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kFormat, "safetensors: " + what);
}

[[noreturn]] void fail(const std::string& tensor, const std::string& what) {
  fail("tensor '" + tensor + "' " + what);
}

// Zero for a name that is not in the format.
size_t item_size(std::string_view dtype) {
  if (dtype == "F64" || dtype == "I64" || dtype == "U64") return 8;
  if (dtype == "F32" || dtype == "I32" || dtype == "U32") return 4;
  if (dtype == "F16" || dtype == "BF16" || dtype == "I16" || dtype == "U16") return 2;
  if (dtype == "I8" || dtype == "U8" || dtype == "BOOL") return 1;
  return 0;
}

// Elements of a shape whose bytes fit into `available`.
uint64_t count_elements(const TensorInfo& tensor, size_t item, size_t available) {
  uint64_t product = 1;
  const bool empty = std::ranges::find(tensor.shape, uint64_t{0}) != tensor.shape.end();
  if (empty) return 0;
  const uint64_t most = available / item;
  for (const uint64_t dimension : tensor.shape) {
    if (dimension > most / product) fail(tensor.name, "has a shape larger than the file");
    product *= dimension;
  }
  return product;
}

void read_shape(const Json& shape, TensorInfo& tensor) {
  if (shape.as_array().size() > kMaxDimensions) {
    fail(tensor.name, "has " + std::to_string(shape.as_array().size()) + " dimensions, above " +
                          std::to_string(kMaxDimensions));
  }
  for (const Json& dimension : shape.as_array()) tensor.shape.push_back(dimension.as_uint());
}

TensorInfo read_tensor(const std::string& name, const Json& entry, size_t available) {
  TensorInfo tensor;
  tensor.name = name;
  for (const auto& [key, value] : entry.as_object()) {
    if (key != "dtype" && key != "shape" && key != "data_offsets") {
      fail(name, "has the unknown key '" + key + "'");
    }
  }
  tensor.dtype = entry.at("dtype").as_string();
  const size_t item = item_size(tensor.dtype);
  if (item == 0) fail(name, "has the unknown dtype '" + tensor.dtype + "'");
  read_shape(entry.at("shape"), tensor);
  const Json::Array& offsets = entry.at("data_offsets").as_array();
  if (offsets.size() != 2) fail(name, "does not have two offsets");
  const uint64_t begin = offsets[0].as_uint();
  const uint64_t end = offsets[1].as_uint();
  if (begin > end || end > available) {
    fail(name, "lies outside the file; is the file complete?");
  }
  tensor.begin = begin;
  tensor.end = end;
  tensor.elements = count_elements(tensor, item, available);
  if (tensor.elements * item != end - begin) {
    fail(name, "has a shape that does not fill its " + std::to_string(end - begin) + " bytes");
  }
  return tensor;
}

// Sorted by place: each begins where the one before ends, and the last ends with the file.
void check_extents(const std::vector<TensorInfo>& tensors, size_t available) {
  size_t at = 0;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.begin != at) {
      fail(tensor.name, tensor.begin < at ? "overlaps the one before" : "follows a gap");
    }
    at = tensor.end;
  }
  if (at != available) {
    fail("has " + std::to_string(available - at) + " bytes that belong to no tensor");
  }
}

float from_half(uint16_t half) {
  const uint32_t sign = uint32_t{half & 0x8000u} << 16;
  const uint32_t exponent = half >> 10 & 0x1Fu;
  const uint32_t mantissa = half & 0x3FFu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000u | mantissa << 13);
  if (exponent == 0) {
    const float value = std::ldexp(static_cast<float>(mantissa), -24);
    return sign != 0 ? -value : value;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

float from_bfloat(uint16_t value) {
  return std::bit_cast<float>(uint32_t{value} << 16);
}

template <float (*kConvert)(uint16_t)>
void widen(std::string_view bytes, float* out) {
  for (size_t i = 0; i * 2 < bytes.size(); ++i) {
    uint16_t value;
    std::memcpy(&value, bytes.data() + i * 2, 2);
    out[i] = kConvert(value);
  }
}

}  // namespace

Safetensors::Safetensors(std::string_view file, const SafetensorsLimits& limits) {
  uint64_t header = 0;
  if (file.size() < kLengthBytes) fail("is shorter than its own length field");
  std::memcpy(&header, file.data(), kLengthBytes);
  if (header > limits.max_header_bytes) {
    fail("has a header of " + std::to_string(header) + " bytes, above " +
         std::to_string(limits.max_header_bytes));
  }
  if (header > file.size() - kLengthBytes) fail("ends within its header");
  const std::string_view text = file.substr(kLengthBytes, header);
  if (text.empty() || text.front() != '{') fail("has a header that does not begin with '{'");
  data_ = file.substr(kLengthBytes + header);
  try {
    const Json root = parse_json(text, {.max_bytes = limits.max_header_bytes, .max_depth = 8});
    if (root.as_object().size() > limits.max_tensors) fail("names too many tensors");
    for (const auto& [name, entry] : root.as_object()) {
      if (name == "__metadata__") {
        for (const auto& [key, value] : entry.as_object()) {
          metadata_.emplace_back(key, value.as_string());
        }
      } else {
        tensors_.push_back(read_tensor(name, entry, data_.size()));
      }
    }
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with("safetensors: ")) throw;
    fail(std::string("has a bad header: ") + error.what());
  }
  // Empty tensors share their place with the next one.
  std::ranges::stable_sort(tensors_, [](const TensorInfo& a, const TensorInfo& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_extents(tensors_, data_.size());
}

const TensorInfo* Safetensors::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors_, name, &TensorInfo::name);
  return found == tensors_.end() ? nullptr : &*found;
}

const TensorInfo& Safetensors::at(std::string_view name, const std::vector<uint64_t>& shape) const {
  const auto spell = [](const std::vector<uint64_t>& dimensions) {
    std::string out = "[";
    for (const uint64_t d : dimensions) out += (out.size() > 1 ? ", " : "") + std::to_string(d);
    return out + "]";
  };
  const TensorInfo* tensor = find(name);
  if (tensor == nullptr) fail(std::string(name), "is missing");
  if (tensor->shape != shape) {
    fail(tensor->name, "has the shape " + spell(tensor->shape) + " instead of " + spell(shape));
  }
  return *tensor;
}

std::string_view Safetensors::bytes_of(const TensorInfo& tensor) const {
  assert(tensor.end <= data_.size());
  return data_.substr(tensor.begin, tensor.end - tensor.begin);
}

void Safetensors::read_floats(const TensorInfo& tensor, float* out) const {
  const std::string_view bytes = bytes_of(tensor);
  if (tensor.dtype == "F32") {
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  } else if (tensor.dtype == "F16") {
    widen<from_half>(bytes, out);
  } else if (tensor.dtype == "BF16") {
    widen<from_bfloat>(bytes, out);
  } else {
    fail(tensor.name, "has the dtype " + tensor.dtype + "; F32, F16 or BF16 is needed");
  }
  for (uint64_t i = 0; i < tensor.elements; ++i) {
    if (!std::isfinite(out[i])) {
      fail(tensor.name, "holds NaN or an infinity at element " + std::to_string(i));
    }
  }
}

void Safetensors::copy(const TensorInfo& tensor, const char* dtype, void* out) const {
  if (tensor.dtype != dtype) {
    fail(tensor.name, "has the dtype " + tensor.dtype + " instead of " + dtype);
  }
  const std::string_view bytes = bytes_of(tensor);
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
}

void Safetensors::read_int8(const TensorInfo& tensor, int8_t* out) const {
  copy(tensor, "I8", out);
}

void Safetensors::read_uint32(const TensorInfo& tensor, uint32_t* out) const {
  copy(tensor, "U32", out);
}

void SafetensorsWriter::add(std::string name, const char* dtype, std::vector<uint64_t> shape,
                            const void* data, size_t item) {
  TensorInfo tensor;
  tensor.name = std::move(name);
  tensor.dtype = dtype;
  tensor.elements = 1;
  for (const uint64_t dimension : shape) tensor.elements *= dimension;
  tensor.shape = std::move(shape);
  tensor.begin = data_.size();
  if (tensor.elements != 0) data_.append(static_cast<const char*>(data), tensor.elements * item);
  tensor.end = data_.size();
  tensors_.push_back(std::move(tensor));
}

void SafetensorsWriter::add_floats(std::string name, std::vector<uint64_t> shape,
                                   const float* data) {
  add(std::move(name), "F32", std::move(shape), data, sizeof(float));
}

void SafetensorsWriter::add_int8(std::string name, std::vector<uint64_t> shape,
                                 const int8_t* data) {
  add(std::move(name), "I8", std::move(shape), data, 1);
}

void SafetensorsWriter::add_uint32(std::string name, std::vector<uint64_t> shape,
                                   const uint32_t* data) {
  add(std::move(name), "U32", std::move(shape), data, sizeof(uint32_t));
}

void SafetensorsWriter::add_metadata(std::string key, std::string value) {
  metadata_.emplace_back(std::move(key), std::move(value));
}

std::string SafetensorsWriter::finish() const {
  Json header = Json::object();
  if (!metadata_.empty()) {
    Json entry = Json::object();
    for (const auto& [key, value] : metadata_) entry[key] = value;
    header["__metadata__"] = std::move(entry);
  }
  for (const TensorInfo& tensor : tensors_) {
    Json shape = Json::array();
    for (const uint64_t dimension : tensor.shape) shape.push_back(dimension);
    Json entry = Json::object();
    entry["dtype"] = tensor.dtype;
    entry["shape"] = std::move(shape);
    entry["data_offsets"] = Json::Array{uint64_t{tensor.begin}, uint64_t{tensor.end}};
    header[tensor.name] = std::move(entry);
  }
  std::string text = to_json(header);
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');
  const uint64_t length = text.size();
  std::string file(reinterpret_cast<const char*>(&length), kLengthBytes);
  file.reserve(file.size() + text.size() + data_.size());
  file += text;
  file += data_;
  return file;
}

}  // namespace pawl

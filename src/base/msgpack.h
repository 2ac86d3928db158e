// MessagePack, with limits built in, and arrays in the msgpack-numpy convention.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pawl {

class Msgpack {
 public:
  struct Binary {
    std::string bytes;
    bool operator==(const Binary&) const = default;
  };
  struct Extension {
    int8_t type = 0;
    std::string bytes;
    bool operator==(const Extension&) const = default;
  };
  using Array = std::vector<Msgpack>;
  using Map = std::vector<std::pair<Msgpack, Msgpack>>;  // keys of any type, in order

  Msgpack() : value_(nullptr) {}
  template <typename T>
  explicit Msgpack(T value) : value_(std::move(value)) {}
  Msgpack(const char* value) : value_(std::string(value)) {}
  Msgpack(int value) : value_(static_cast<int64_t>(value)) {}

  template <typename T>
  bool is() const {
    return std::holds_alternative<T>(value_);
  }
  bool is_null() const { return is<std::nullptr_t>(); }

  // Each throws Error(kFormat) that names the type found. as_int accepts any integer in range;
  // as_bytes accepts a string or binary.
  bool as_bool() const;
  int64_t as_int() const;
  uint64_t as_uint() const;
  double as_double() const;
  const std::string& as_string() const;
  const std::string& as_bytes() const;
  const Array& as_array() const;
  const Map& as_map() const;
  Array& as_array();
  Map& as_map();

  // Map members with a string key (str or bin, as msgpack-numpy writes b"nd").
  const Msgpack* find(std::string_view key) const;
  const Msgpack& at(std::string_view key) const;

  bool operator==(const Msgpack& other) const = default;

  const char* type_name() const;  // for messages: "map", "string" ...

 private:
  friend class MsgpackWriter;
  friend bool msgpack_key_less(const Msgpack& a, const Msgpack& b);

  std::variant<std::nullptr_t, bool, int64_t, uint64_t, double, float, std::string, Binary,
               Extension, Array, Map>
      value_;
};

struct MsgpackLimits {
  size_t max_depth = 64;
  size_t max_string = size_t{16} << 20;  // str
  size_t max_binary = size_t{2} << 30;   // bin, and never more than what remains
};

// Throws Error(kFormat) for anything malformed, truncated, over the limits, with duplicate map keys
// or with bytes left over. Lengths are checked against what remains before anything is allocated.
Msgpack parse_msgpack(std::string_view bytes, const MsgpackLimits& limits = {});

// Writes as srsly.msgpack_dumps does (use_bin_type=True, shortest integers, float64).
std::string to_msgpack(const Msgpack& value);
void append_msgpack(std::string& out, const Msgpack& value);

// A numpy array: dtype as numpy writes it ("<f4", "<u8", "<i4" ...), C order.
struct NumpyArray {
  std::string dtype;
  std::vector<int64_t> shape;
  std::string bytes;

  size_t size() const;       // elements
  size_t item_size() const;  // bytes each; throws for a dtype that is not a plain number
};

// {b"nd": True, b"type": dtype, b"kind": b"", b"shape": [...], b"data": bytes}. Throws
// Error(kFormat) when the shape's product overflows or is not the number of bytes.
bool is_numpy_array(const Msgpack& value);
NumpyArray as_numpy_array(const Msgpack& value);
NumpyArray as_numpy_array(Msgpack&& value);  // moves the bytes out instead of copying them
Msgpack to_msgpack_value(const NumpyArray& array);

}  // namespace pawl

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/msgpack.h"

namespace pawl {

namespace {

constexpr size_t kMaxDimensions = 32;

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kFormat, "msgpack: numpy array " + what);
}

// Elements of a shape; a zero in it does not excuse the rest from being plausible.
size_t count_elements(const std::vector<int64_t>& shape) {
  constexpr size_t kMax = std::numeric_limits<int64_t>::max();
  if (shape.size() > kMaxDimensions) fail("has " + std::to_string(shape.size()) + " dimensions");
  size_t product = 1;
  bool empty = false;
  for (const int64_t dimension : shape) {
    if (dimension < 0) fail("has a negative dimension");
    if (dimension == 0) empty = true;
    const size_t factor = static_cast<size_t>(std::max<int64_t>(dimension, 1));
    if (product > kMax / factor) fail("has a shape that overflows");
    product *= factor;
  }
  return empty ? 0 : product;
}

NumpyArray describe(const Msgpack& value) {
  NumpyArray array;
  if (const Msgpack* kind = value.find("kind"); kind != nullptr && !kind->as_bytes().empty()) {
    fail("of a structured type is not supported");
  }
  array.dtype = value.at("type").as_bytes();
  for (const Msgpack& dimension : value.at("shape").as_array()) {
    array.shape.push_back(dimension.as_int());
  }
  return array;
}

void check(const NumpyArray& array) {
  const size_t count = count_elements(array.shape), each = array.item_size();
  if (array.bytes.size() % each != 0 || array.bytes.size() / each != count) {
    fail("needs " + std::to_string(count) + " elements of " + std::to_string(each) +
         " bytes, but has " + std::to_string(array.bytes.size()) + " bytes");
  }
}

}  // namespace

size_t NumpyArray::size() const {
  return count_elements(shape);
}

size_t NumpyArray::item_size() const {
  const auto refuse = [&]() -> size_t {
    throw Error(ErrorKind::kFormat, "msgpack: numpy type \"" + dtype + "\" is not a plain number");
  };
  if (dtype.size() != 3 || std::string_view("<>|=").find(dtype[0]) == std::string_view::npos) {
    return refuse();
  }
  const std::string_view widths = dtype[1] == 'f'                      ? "248"
                                  : dtype[1] == 'i' || dtype[1] == 'u' ? "1248"
                                  : dtype[1] == 'b'                    ? "1"
                                                                       : "";
  if (widths.find(dtype[2]) == std::string_view::npos) return refuse();
  return static_cast<size_t>(dtype[2] - '0');
}

bool is_numpy_array(const Msgpack& value) {
  if (!value.is<Msgpack::Map>()) return false;
  const Msgpack* nd = value.find("nd");
  return nd != nullptr && nd->is<bool>() && nd->as_bool();
}

NumpyArray as_numpy_array(const Msgpack& value) {
  if (!is_numpy_array(value)) fail(std::string("expected, found ") + value.type_name());
  NumpyArray array = describe(value);
  array.bytes = value.at("data").as_bytes();
  check(array);
  return array;
}

NumpyArray as_numpy_array(Msgpack&& value) {
  if (!is_numpy_array(value)) fail(std::string("expected, found ") + value.type_name());
  NumpyArray array = describe(value);
  array.bytes = std::move(const_cast<std::string&>(value.at("data").as_bytes()));
  check(array);
  return array;
}

Msgpack to_msgpack_value(const NumpyArray& array) {
  check(array);
  const auto key = [](const char* name) { return Msgpack(Msgpack::Binary{name}); };
  Msgpack::Array shape;
  for (const int64_t dimension : array.shape) shape.emplace_back(dimension);
  Msgpack::Map map;
  map.emplace_back(key("nd"), Msgpack(true));
  map.emplace_back(key("type"), Msgpack(array.dtype));
  map.emplace_back(key("kind"), Msgpack(Msgpack::Binary{}));
  map.emplace_back(key("shape"), Msgpack(std::move(shape)));
  map.emplace_back(key("data"), Msgpack(Msgpack::Binary{array.bytes}));
  return Msgpack(std::move(map));
}

}  // namespace pawl

// thinc's byte format: msgpack of {"nodes": [{index, name, dims, refs}], "attrs": [{name: msgpack
// bytes}], "params": [{name: array or nil}], "shims": [[bytes]]}, each list in breadth-first order
// of the nodes.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <limits>
#include <unordered_map>

#include "base/error.h"
#include "base/msgpack_cursor.h"
#include "nn/model.h"

static_assert(std::endian::native == std::endian::little, "the file holds little-endian floats");

namespace pawl::nn {

namespace {

using Array = Msgpack::Array;
using Map = Msgpack::Map;

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorKind::kFormat, message);
}

// Writing ---------------------------------------------------------------------------------------

// [rows, cols] to [cols, rows], in tiles that stay in the cache.
void transpose(const float* from, size_t rows, size_t cols, float* to) {
  constexpr size_t kTile = 16;
  for (size_t i = 0; i < rows; i += kTile) {
    for (size_t j = 0; j < cols; j += kTile) {
      for (size_t a = i; a < std::min(rows, i + kTile); ++a) {
        for (size_t b = j; b < std::min(cols, j + kTile); ++b)
          to[b * rows + a] = from[a * cols + b];
      }
    }
  }
}

Msgpack node_info(const Node& node, size_t index,
                  const std::unordered_map<const Node*, size_t>& order) {
  Map dims;
  for (const auto& [key, value] : node.dims) {
    dims.emplace_back(Msgpack(key), value ? Msgpack(*value) : Msgpack());
  }
  Map refs;
  for (const auto& [key, target] : node.refs) {
    if (target == nullptr) {
      refs.emplace_back(Msgpack(key), Msgpack());
      continue;
    }
    const auto found = order.find(target);
    if (found == order.end()) fail("the reference '" + key + "' leaves the model");
    refs.emplace_back(Msgpack(key), Msgpack(static_cast<int64_t>(found->second)));
  }
  return Msgpack(Map{{Msgpack("index"), Msgpack(static_cast<int64_t>(index))},
                     {Msgpack("name"), Msgpack(node.name)},
                     {Msgpack("dims"), Msgpack(std::move(dims))},
                     {Msgpack("refs"), Msgpack(std::move(refs))}});
}

Msgpack param_value(Param& param) {
  if (!param.defined) return Msgpack();
  param.settle();
  NumpyArray array;
  array.dtype = "<f4";
  array.shape = param.shape;
  array.bytes.resize(param.size() * sizeof(float));
  if (param.transposed) {
    FloatVector plain(param.size());
    transpose(param.value.data(), param.size() / param.row_width, param.row_width, plain.data());
    std::memcpy(array.bytes.data(), plain.data(), array.bytes.size());
  } else {
    std::memcpy(array.bytes.data(), param.value.data(), array.bytes.size());
  }
  return to_msgpack_value(array);
}

// Reading ---------------------------------------------------------------------------------------

[[noreturn]] void wrong_size(const char* key, size_t found, size_t size) {
  fail(std::string("the model's list '") + key + "' has " + std::to_string(found) +
       " entries where the pipeline's configuration describes " + std::to_string(size) + " layers");
}

// The model's lists, still encoded.
class Message {
 public:
  explicit Message(std::string_view bytes) {
    MsgpackCursor cursor(bytes);
    for (size_t left = cursor.read_map(); left > 0; --left) {
      const std::string_view key = cursor.read_bytes();
      const std::string_view value = cursor.skip();
      for (size_t i = 0; i < std::size(kKeys); ++i) {
        if (key == kKeys[i]) lists_[i] = value;
      }
    }
    cursor.expect_end();
  }

  Array read(const char* key, size_t size) const {
    Msgpack list = parse_msgpack(bytes_of(key));
    if (list.as_array().size() != size) wrong_size(key, list.as_array().size(), size);
    return std::move(list.as_array());
  }
  // A cursor at the first item of the list.
  MsgpackCursor begin(const char* key, size_t size) const {
    MsgpackCursor cursor(bytes_of(key));
    if (const size_t count = cursor.read_array(); count != size) wrong_size(key, count, size);
    return cursor;
  }

 private:
  std::string_view bytes_of(std::string_view key) const {
    for (size_t i = 0; i < std::size(kKeys); ++i) {
      if (key == kKeys[i] && !lists_[i].empty()) return lists_[i];
    }
    fail("the model has no list '" + std::string(key) + "'");
  }

  static constexpr std::string_view kKeys[] = {"nodes", "attrs", "params", "shims"};
  std::string_view lists_[std::size(kKeys)];
};

void read_dims(Node& node, const Msgpack& dims) {
  for (const auto& [key, value] : dims.as_map()) {
    const std::string& name = key.as_string();
    const auto known = node.dim(name);
    if (value.is_null()) continue;
    const int64_t size = value.as_int();
    if (size < 0 || size > std::numeric_limits<int32_t>::max()) {
      fail("the dimension '" + name + "' is " + std::to_string(size));
    }
    if (known && *known != size) {
      fail("the dimension '" + name + "' is " + std::to_string(size) +
           " where the configuration says " + std::to_string(*known));
    }
    node.set_dim(name, size);
  }
}

void read_refs(Node& node, const Msgpack& refs, const std::vector<Node*>& nodes) {
  for (const auto& [key, value] : refs.as_map()) {
    if (value.is_null()) {
      node.set_ref(key.as_string(), nullptr);
      continue;
    }
    const int64_t index = value.as_int();
    if (index < 0 || static_cast<size_t>(index) >= nodes.size()) {
      fail("the reference '" + key.as_string() + "' points to layer " + std::to_string(index));
    }
    node.set_ref(key.as_string(), nodes[static_cast<size_t>(index)]);
  }
}

// Floats as they lie in a file.
struct UnalignedFloats {
  using iterator_category = std::random_access_iterator_tag;
  using value_type = float;
  using difference_type = std::ptrdiff_t;
  using pointer = const float*;
  using reference = float;

  const char* at = nullptr;

  float operator*() const {
    float value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  UnalignedFloats& operator+=(difference_type n) {
    at += n * static_cast<difference_type>(sizeof(float));
    return *this;
  }
  UnalignedFloats& operator++() { return *this += 1; }
  UnalignedFloats& operator--() { return *this += -1; }
  difference_type operator-(UnalignedFloats other) const {
    return (at - other.at) / static_cast<difference_type>(sizeof(float));
  }
  bool operator==(const UnalignedFloats&) const = default;
};

void refuse_non_finite(const FloatVector& values, const std::string& name) {
  uint32_t bad = 0;
  for (const float value : values) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    bad |= static_cast<uint32_t>((bits & 0x7f800000u) == 0x7f800000u);
  }
  if (bad != 0) fail("the parameter '" + name + "' holds a value that is not a finite number");
}

size_t row_width_of(const Node& node, const Param& param) {
  if (param.transposed) {
    const auto width = node.dim("nO");
    return width ? static_cast<size_t>(*width) : 0;
  }
  size_t width = 1;
  for (size_t i = 1; i < param.shape.size(); ++i) width *= static_cast<size_t>(param.shape[i]);
  return width;
}

void read_param(const Node& node, Param& param, MsgpackCursor& params) {
  if (params.next_is_null()) {
    params.skip();
    return;
  }
  const NumpyView array = read_numpy(params);
  if (array.dtype != "<f4") {
    fail("the parameter '" + param.name + "' has the type '" + std::string(array.dtype) +
         "' instead of '<f4'");
  }
  param.shape = array.shape;
  param.defined = true;
  param.gradient.clear();
  param.touched.clear();
  param.pending.reset();
  param.changed();
  param.value.assign(UnalignedFloats{array.bytes.data()},
                     UnalignedFloats{array.bytes.data() + array.bytes.size()});
  refuse_non_finite(param.value, param.name);
  if (!param.sparse_rows) return;
  param.row_width = row_width_of(node, param);
  if (param.row_width == 0 || param.size() % param.row_width != 0) {
    fail("the parameter '" + param.name + "' does not have whole rows");
  }
  if (param.transposed) {
    FloatVector rows(param.size());
    transpose(param.value.data(), param.row_width, param.size() / param.row_width, rows.data());
    param.value.swap(rows);
  }
}

void read_node(Node& node, size_t index, const std::vector<Node*>& nodes, const Msgpack& info,
               const Msgpack& attrs, MsgpackCursor& params, const Msgpack& shims) {
  if (info.at("index").as_int() != static_cast<int64_t>(index)) fail("its index is wrong");
  node.name = info.at("name").as_string();
  read_dims(node, info.at("dims"));
  read_refs(node, info.at("refs"), nodes);
  for (const auto& [key, value] : attrs.as_map()) {
    node.set_attr(key.as_string(), parse_msgpack(value.as_bytes()));
  }
  for (size_t left = params.read_map(); left > 0; --left) {
    Param& param = node.param(params.read_text());
    read_param(node, param, params);
  }
  node.shims.clear();
  for (const Msgpack& shim : shims.as_array()) node.shims.push_back(shim.as_bytes());
}

}  // namespace

std::string to_bytes(Node& root) {
  const std::vector<Node*> nodes = walk(root);
  std::unordered_map<const Node*, size_t> order;
  for (size_t i = 0; i < nodes.size(); ++i) order.emplace(nodes[i], i);
  Array infos, attrs, params, shims;
  for (size_t i = 0; i < nodes.size(); ++i) {
    infos.push_back(node_info(*nodes[i], i, order));
    Map attr_map;
    for (const auto& [key, value] : nodes[i]->attrs) {
      attr_map.emplace_back(Msgpack(key), Msgpack(Msgpack::Binary{to_msgpack(value)}));
    }
    attrs.emplace_back(std::move(attr_map));
    Map param_map;
    for (const auto& param : nodes[i]->params) {
      param_map.emplace_back(Msgpack(param->name), param_value(*param));
    }
    params.emplace_back(std::move(param_map));
    Array shim_list;
    for (const std::string& shim : nodes[i]->shims) {
      shim_list.emplace_back(Msgpack::Binary{shim});
    }
    shims.emplace_back(std::move(shim_list));
  }
  return to_msgpack(Msgpack(Map{{Msgpack("nodes"), Msgpack(std::move(infos))},
                                {Msgpack("attrs"), Msgpack(std::move(attrs))},
                                {Msgpack("params"), Msgpack(std::move(params))},
                                {Msgpack("shims"), Msgpack(std::move(shims))}}));
}

void from_bytes(Node& root, std::string_view bytes, const std::string& where) {
  try {
    const Message message(bytes);
    const std::vector<Node*> nodes = walk(root);
    const Array infos = message.read("nodes", nodes.size());
    const Array attrs = message.read("attrs", nodes.size());
    MsgpackCursor params = message.begin("params", nodes.size());
    const Array shims = message.read("shims", nodes.size());
    for (size_t i = 0; i < nodes.size(); ++i) {
      try {
        read_node(*nodes[i], i, nodes, infos[i], attrs[i], params, shims[i]);
      } catch (const Error& error) {
        throw error.within("layer " + std::to_string(i) + " '" + nodes[i]->name.substr(0, 80) +
                           "'");
      }
    }
  } catch (const Error& error) {
    throw error.within(where);
  }
}

}  // namespace pawl::nn

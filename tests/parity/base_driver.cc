// Reads and rewrites msgpack or JSON documents: standard input holds them one after the other, each
// after its length as four little-endian bytes; the answer likewise, empty for a document that was
// refused.
#include <cstdint>
#include <cstring>
#include <iostream>
#include <iterator>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "base/msgpack.h"

namespace {

// Numpy arrays go through NumpyArray, so that they are compared too.
pawl::Msgpack rebuild(const pawl::Msgpack& value) {
  if (pawl::is_numpy_array(value)) return pawl::to_msgpack_value(pawl::as_numpy_array(value));
  if (value.is<pawl::Msgpack::Array>()) {
    pawl::Msgpack::Array items;
    for (const auto& item : value.as_array()) items.push_back(rebuild(item));
    return pawl::Msgpack(std::move(items));
  }
  if (value.is<pawl::Msgpack::Map>()) {
    pawl::Msgpack::Map members;
    for (const auto& [key, item] : value.as_map()) members.emplace_back(key, rebuild(item));
    return pawl::Msgpack(std::move(members));
  }
  return value;
}

std::string answer(const std::string& mode, const std::string& document) {
  try {
    if (mode == "msgpack") return pawl::to_msgpack(rebuild(pawl::parse_msgpack(document)));
    return pawl::to_json(pawl::parse_json(document), {.ascii = true, .spaces = true});
  } catch (const pawl::Error&) {
    return "";
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "json";
  const std::string input(std::istreambuf_iterator<char>(std::cin), {});
  for (size_t at = 0; at + 4 <= input.size();) {
    uint32_t size = 0;
    std::memcpy(&size, input.data() + at, sizeof(size));
    const std::string out = answer(mode, input.substr(at + 4, size));
    const auto out_size = static_cast<uint32_t>(out.size());
    std::cout.write(reinterpret_cast<const char*>(&out_size), sizeof(out_size));
    std::cout << out;
    at += 4 + size;
  }
  return 0;
}

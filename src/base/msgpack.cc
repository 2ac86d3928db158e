#include "base/msgpack.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/utf8.h"

namespace pawl {

namespace {

constexpr const char* kTypeNames[] = {"nil",    "boolean", "integer",   "integer", "float", "float",
                                      "string", "binary",  "extension", "array",   "map"};

// What a hostile length may make us reserve before its content has been seen.
constexpr size_t kMaxReserve = 4096;

[[noreturn]] void wrong_type(const char* expected, const Msgpack& found) {
  throw Error(ErrorKind::kFormat,
              std::string("msgpack: expected ") + expected + ", found " + found.type_name());
}

class MsgpackReader {
 public:
  MsgpackReader(std::string_view bytes, const MsgpackLimits& limits)
      : bytes_(bytes), limits_(limits) {}

  Msgpack read_document() {
    Msgpack value = read_value(0);
    if (at_ != bytes_.size()) fail(std::to_string(bytes_.size() - at_) + " bytes left over");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kFormat, "msgpack: " + what + " at byte " + std::to_string(at_));
  }

  size_t remaining() const { return bytes_.size() - at_; }

  template <typename T>
  T big_endian() {
    if (remaining() < sizeof(T)) fail("data is truncated");
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>(value << (sizeof(T) > 1 ? 8 : 0)) |
              static_cast<T>(static_cast<unsigned char>(bytes_[at_ + i]));
    }
    at_ += sizeof(T);
    return value;
  }

  std::string take(size_t size) {
    if (size > remaining()) {
      fail("length " + std::to_string(size) + " is more than the " + std::to_string(remaining()) +
           " bytes that remain");
    }
    std::string out(bytes_.substr(at_, size));
    at_ += size;
    return out;
  }

  Msgpack unsigned_value(uint64_t value) {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return Msgpack(value);
    return Msgpack(static_cast<int64_t>(value));
  }

  Msgpack string_value(size_t size) {
    if (size > limits_.max_string) fail("string of " + std::to_string(size) + " bytes is too long");
    const size_t start = at_;
    std::string text = take(size);
    const size_t bad = utf8::find_invalid(text);
    if (bad != utf8::kValid) {
      at_ = start + bad;
      fail("string is not UTF-8");
    }
    return Msgpack(std::move(text));
  }

  Msgpack binary_value(size_t size) {
    if (size > limits_.max_binary) fail("binary of " + std::to_string(size) + " bytes is too long");
    return Msgpack(Msgpack::Binary{take(size)});
  }

  Msgpack extension_value(size_t size) {
    if (size > limits_.max_binary)
      fail("extension of " + std::to_string(size) + " bytes is too long");
    const int8_t type = static_cast<int8_t>(big_endian<uint8_t>());
    return Msgpack(Msgpack::Extension{type, take(size)});
  }

  void check_count(size_t count, size_t bytes_each, size_t depth) {
    if (depth >= limits_.max_depth) {
      fail("nested deeper than " + std::to_string(limits_.max_depth) + " levels");
    }
    if (count > remaining() / bytes_each) {
      fail("count " + std::to_string(count) + " is more than the remaining bytes can hold");
    }
  }

  Msgpack array_value(size_t count, size_t depth) {
    check_count(count, 1, depth);
    Msgpack::Array items;
    items.reserve(std::min(count, kMaxReserve));
    for (size_t i = 0; i < count; ++i) items.push_back(read_value(depth + 1));
    return Msgpack(std::move(items));
  }

  Msgpack map_value(size_t count, size_t depth) {
    check_count(count, 2, depth);
    Msgpack::Map members;
    members.reserve(std::min(count, kMaxReserve));
    for (size_t i = 0; i < count; ++i) {
      Msgpack key = read_value(depth + 1);
      if (key.is<Msgpack::Array>() || key.is<Msgpack::Map>()) fail("map key is an array or a map");
      Msgpack value = read_value(depth + 1);
      members.emplace_back(std::move(key), std::move(value));
    }
    refuse_duplicates(members);
    return Msgpack(std::move(members));
  }

  void refuse_duplicates(const Msgpack::Map& members) const;
  Msgpack read_value(size_t depth);
  Msgpack read_sized(uint8_t tag, size_t depth);

  std::string_view bytes_;
  const MsgpackLimits& limits_;
  size_t at_ = 0;
};

std::string describe_key(const Msgpack& key) {
  if (key.is<std::string>() || key.is<Msgpack::Binary>()) return "\"" + key.as_bytes() + "\"";
  return key.type_name();
}

}  // namespace

// Orders keys by type, then value; floats by their bits, so that NaN has a place.
bool msgpack_key_less(const Msgpack& a, const Msgpack& b) {
  if (a.value_.index() != b.value_.index()) return a.value_.index() < b.value_.index();
  return std::visit(
      [&](const auto& left) -> bool {
        using T = std::decay_t<decltype(left)>;
        const T& right = std::get<T>(b.value_);
        if constexpr (std::is_same_v<T, double>) {
          return std::bit_cast<uint64_t>(left) < std::bit_cast<uint64_t>(right);
        } else if constexpr (std::is_same_v<T, float>) {
          return std::bit_cast<uint32_t>(left) < std::bit_cast<uint32_t>(right);
        } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
          return left < right;
        } else if constexpr (std::is_same_v<T, Msgpack::Binary>) {
          return left.bytes < right.bytes;
        } else if constexpr (std::is_same_v<T, Msgpack::Extension>) {
          return std::tie(left.type, left.bytes) < std::tie(right.type, right.bytes);
        } else {
          return false;
        }
      },
      a.value_);
}

namespace {

void MsgpackReader::refuse_duplicates(const Msgpack::Map& members) const {
  if (members.size() <= 8) {
    for (size_t i = 1; i < members.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (members[i].first == members[j].first) {
          fail("duplicate map key " + describe_key(members[i].first));
        }
      }
    }
    return;
  }
  std::vector<const Msgpack*> keys;
  keys.reserve(members.size());
  for (const auto& [key, value] : members) keys.push_back(&key);
  std::sort(keys.begin(), keys.end(),
            [](const Msgpack* a, const Msgpack* b) { return msgpack_key_less(*a, *b); });
  for (size_t i = 1; i < keys.size(); ++i) {
    if (!msgpack_key_less(*keys[i - 1], *keys[i])) {
      fail("duplicate map key " + describe_key(*keys[i]));
    }
  }
}

Msgpack MsgpackReader::read_value(size_t depth) {
  const uint8_t tag = big_endian<uint8_t>();
  if (tag < 0x80) return Msgpack(static_cast<int64_t>(tag));
  if (tag < 0x90) return map_value(tag & 0x0F, depth);
  if (tag < 0xA0) return array_value(tag & 0x0F, depth);
  if (tag < 0xC0) return string_value(tag & 0x1F);
  if (tag >= 0xE0) return Msgpack(static_cast<int64_t>(static_cast<int8_t>(tag)));
  switch (tag) {
    case 0xC0:
      return Msgpack();
    case 0xC2:
      return Msgpack(false);
    case 0xC3:
      return Msgpack(true);
    case 0xCA:
      return Msgpack(std::bit_cast<float>(big_endian<uint32_t>()));
    case 0xCB:
      return Msgpack(std::bit_cast<double>(big_endian<uint64_t>()));
    case 0xCC:
      return unsigned_value(big_endian<uint8_t>());
    case 0xCD:
      return unsigned_value(big_endian<uint16_t>());
    case 0xCE:
      return unsigned_value(big_endian<uint32_t>());
    case 0xCF:
      return unsigned_value(big_endian<uint64_t>());
    case 0xD0:
      return Msgpack(static_cast<int64_t>(static_cast<int8_t>(big_endian<uint8_t>())));
    case 0xD1:
      return Msgpack(static_cast<int64_t>(static_cast<int16_t>(big_endian<uint16_t>())));
    case 0xD2:
      return Msgpack(static_cast<int64_t>(static_cast<int32_t>(big_endian<uint32_t>())));
    case 0xD3:
      return Msgpack(static_cast<int64_t>(big_endian<uint64_t>()));
    default:
      return read_sized(tag, depth);
  }
}

Msgpack MsgpackReader::read_sized(uint8_t tag, size_t depth) {
  switch (tag) {
    case 0xC4:
      return binary_value(big_endian<uint8_t>());
    case 0xC5:
      return binary_value(big_endian<uint16_t>());
    case 0xC6:
      return binary_value(big_endian<uint32_t>());
    case 0xC7:
      return extension_value(big_endian<uint8_t>());
    case 0xC8:
      return extension_value(big_endian<uint16_t>());
    case 0xC9:
      return extension_value(big_endian<uint32_t>());
    case 0xD4:
    case 0xD5:
    case 0xD6:
    case 0xD7:
    case 0xD8:
      return extension_value(size_t{1} << (tag - 0xD4));
    case 0xD9:
      return string_value(big_endian<uint8_t>());
    case 0xDA:
      return string_value(big_endian<uint16_t>());
    case 0xDB:
      return string_value(big_endian<uint32_t>());
    case 0xDC:
      return array_value(big_endian<uint16_t>(), depth);
    case 0xDD:
      return array_value(big_endian<uint32_t>(), depth);
    case 0xDE:
      return map_value(big_endian<uint16_t>(), depth);
    case 0xDF:
      return map_value(big_endian<uint32_t>(), depth);
    default:
      --at_;
      fail("unknown type byte " + std::to_string(tag));
  }
}

}  // namespace

class MsgpackWriter {
 public:
  explicit MsgpackWriter(std::string& out) : out_(out) {}

  void write(const Msgpack& value) {
    std::visit([this](const auto& v) { put(v); }, value.value_);
  }

 private:
  template <typename T>
  void tagged(uint8_t tag, T value) {
    char buffer[1 + sizeof(T)];
    buffer[0] = static_cast<char>(tag);
    for (size_t i = 0; i < sizeof(T); ++i) {
      buffer[1 + i] = static_cast<char>(value >> (8 * (sizeof(T) - 1 - i)));
    }
    out_.append(buffer, sizeof(buffer));
  }

  void byte(uint8_t value) { out_.push_back(static_cast<char>(value)); }

  // `small` is the tag that carries a size below `limit`; a zero among the others means there is
  // none of that width.
  void header(size_t size, uint8_t small, size_t limit, uint8_t tag8, uint8_t tag16,
              uint8_t tag32) {
    if (size < limit) {
      byte(static_cast<uint8_t>(small | size));
    } else if (tag8 != 0 && size <= 0xFF) {
      tagged(tag8, static_cast<uint8_t>(size));
    } else if (size <= 0xFFFF) {
      tagged(tag16, static_cast<uint16_t>(size));
    } else if (size <= 0xFFFFFFFF) {
      tagged(tag32, static_cast<uint32_t>(size));
    } else {
      throw Error(ErrorKind::kInvalidInput, "msgpack cannot hold an item of more than 4 GiB");
    }
  }

  void put(std::nullptr_t) { byte(0xC0); }
  void put(bool value) { byte(value ? 0xC3 : 0xC2); }
  void put(double value) { tagged(0xCB, std::bit_cast<uint64_t>(value)); }
  void put(float value) { tagged(0xCA, std::bit_cast<uint32_t>(value)); }
  void put(uint64_t value) {
    if (value < 0x80)
      byte(static_cast<uint8_t>(value));
    else if (value <= 0xFF)
      tagged(0xCC, static_cast<uint8_t>(value));
    else if (value <= 0xFFFF)
      tagged(0xCD, static_cast<uint16_t>(value));
    else if (value <= 0xFFFFFFFF)
      tagged(0xCE, static_cast<uint32_t>(value));
    else
      tagged(0xCF, value);
  }
  void put(int64_t value) {
    if (value >= 0)
      put(static_cast<uint64_t>(value));
    else if (value >= -32)
      byte(static_cast<uint8_t>(value));
    else if (value >= -0x80)
      tagged(0xD0, static_cast<uint8_t>(value));
    else if (value >= -0x8000)
      tagged(0xD1, static_cast<uint16_t>(value));
    else if (value >= -0x80000000LL)
      tagged(0xD2, static_cast<uint32_t>(value));
    else
      tagged(0xD3, static_cast<uint64_t>(value));
  }
  void put(const std::string& text) {
    header(text.size(), 0xA0, 32, 0xD9, 0xDA, 0xDB);
    out_ += text;
  }
  void put(const Msgpack::Binary& binary) {
    header(binary.bytes.size(), 0, 0, 0xC4, 0xC5, 0xC6);
    out_ += binary.bytes;
  }
  void put(const Msgpack::Extension& extension) {
    const size_t size = extension.bytes.size();
    if (std::has_single_bit(size) && size <= 16)
      byte(static_cast<uint8_t>(0xD4 + std::countr_zero(size)));
    else
      header(size, 0, 0, 0xC7, 0xC8, 0xC9);
    byte(static_cast<uint8_t>(extension.type));
    out_ += extension.bytes;
  }
  void put(const Msgpack::Array& items) {
    header(items.size(), 0x90, 16, 0, 0xDC, 0xDD);
    for (const Msgpack& item : items) write(item);
  }
  void put(const Msgpack::Map& members) {
    header(members.size(), 0x80, 16, 0, 0xDE, 0xDF);
    for (const auto& [key, value] : members) {
      write(key);
      write(value);
    }
  }

  std::string& out_;
};

const char* Msgpack::type_name() const {
  return kTypeNames[value_.index()];
}

bool Msgpack::as_bool() const {
  if (const bool* value = std::get_if<bool>(&value_)) return *value;
  wrong_type("a boolean", *this);
}

int64_t Msgpack::as_int() const {
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return *value;
  if (const uint64_t* value = std::get_if<uint64_t>(&value_)) {
    if (*value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return static_cast<int64_t>(*value);
    }
    throw Error(ErrorKind::kFormat, "msgpack: integer " + std::to_string(*value) + " is too large");
  }
  wrong_type("an integer", *this);
}

uint64_t Msgpack::as_uint() const {
  if (const uint64_t* value = std::get_if<uint64_t>(&value_)) return *value;
  if (const int64_t* value = std::get_if<int64_t>(&value_)) {
    if (*value >= 0) return static_cast<uint64_t>(*value);
    throw Error(ErrorKind::kFormat, "msgpack: integer " + std::to_string(*value) + " is negative");
  }
  wrong_type("an integer", *this);
}

double Msgpack::as_double() const {
  if (const double* value = std::get_if<double>(&value_)) return *value;
  if (const float* value = std::get_if<float>(&value_)) return *value;
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return static_cast<double>(*value);
  if (const uint64_t* value = std::get_if<uint64_t>(&value_)) return static_cast<double>(*value);
  wrong_type("a number", *this);
}

const std::string& Msgpack::as_string() const {
  if (const std::string* value = std::get_if<std::string>(&value_)) return *value;
  wrong_type("a string", *this);
}

const std::string& Msgpack::as_bytes() const {
  if (const std::string* value = std::get_if<std::string>(&value_)) return *value;
  if (const Binary* value = std::get_if<Binary>(&value_)) return value->bytes;
  wrong_type("bytes", *this);
}

const Msgpack::Array& Msgpack::as_array() const {
  if (const Array* value = std::get_if<Array>(&value_)) return *value;
  wrong_type("an array", *this);
}

const Msgpack::Map& Msgpack::as_map() const {
  if (const Map* value = std::get_if<Map>(&value_)) return *value;
  wrong_type("a map", *this);
}

Msgpack::Array& Msgpack::as_array() {
  return const_cast<Array&>(std::as_const(*this).as_array());
}
Msgpack::Map& Msgpack::as_map() {
  return const_cast<Map&>(std::as_const(*this).as_map());
}

const Msgpack* Msgpack::find(std::string_view key) const {
  for (const auto& [name, value] : as_map()) {
    if ((name.is<std::string>() || name.is<Binary>()) && name.as_bytes() == key) return &value;
  }
  return nullptr;
}

const Msgpack& Msgpack::at(std::string_view key) const {
  if (const Msgpack* value = find(key)) return *value;
  throw Error(ErrorKind::kFormat, "msgpack: key \"" + std::string(key) + "\" is missing");
}

Msgpack parse_msgpack(std::string_view bytes, const MsgpackLimits& limits) {
  return MsgpackReader(bytes, limits).read_document();
}

void append_msgpack(std::string& out, const Msgpack& value) {
  MsgpackWriter(out).write(value);
}

std::string to_msgpack(const Msgpack& value) {
  std::string out;
  append_msgpack(out, value);
  return out;
}

}  // namespace pawl

#include "base/msgpack_cursor.h"

#include "base/error.h"
#include "base/utf8.h"

namespace pawl {
namespace {

constexpr size_t kMaxDepth = MsgpackLimits{}.max_depth;

}  // namespace

void MsgpackCursor::fail(const std::string& what) const {
  throw Error(ErrorKind::kFormat, "msgpack: " + what + " at byte " + std::to_string(at_));
}

void MsgpackCursor::wrong_type(const char* expected) const {
  MsgpackCursor next = *this;
  throw Error(ErrorKind::kFormat, std::string("msgpack: expected ") + expected + ", found " +
                                      parse_msgpack(next.skip()).type_name());
}

void MsgpackCursor::expect_end() const {
  if (!at_end()) fail(std::to_string(bytes_.size() - at_) + " bytes left over");
}

uint8_t MsgpackCursor::tag() {
  return static_cast<uint8_t>(big_endian(1));
}

uint64_t MsgpackCursor::big_endian(size_t size) {
  if (bytes_.size() - at_ < size) fail("data is truncated");
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i)
    value = (value << 8) | static_cast<unsigned char>(bytes_[at_ + i]);
  at_ += size;
  return value;
}

std::string_view MsgpackCursor::take(size_t size) {
  if (size > bytes_.size() - at_) {
    fail("length " + std::to_string(size) + " is more than the " +
         std::to_string(bytes_.size() - at_) + " bytes that remain");
  }
  const std::string_view out = bytes_.substr(at_, size);
  at_ += size;
  return out;
}

size_t MsgpackCursor::checked_count(uint64_t count, size_t bytes_each) {
  if (count > (bytes_.size() - at_) / bytes_each)
    fail("count " + std::to_string(count) + " is more than the remaining bytes can hold");
  return static_cast<size_t>(count);
}

size_t MsgpackCursor::read_map() {
  if (!next_is_map()) wrong_type("map");
  const uint8_t kind = tag();
  return checked_count(kind < 0x90 ? kind & 0x0F : big_endian(kind == 0xDE ? 2 : 4), 2);
}

size_t MsgpackCursor::read_array() {
  if (!next_is(0x90, 0x9F) && !next_is(0xDC, 0xDD)) wrong_type("array");
  const uint8_t kind = tag();
  return checked_count(kind < 0xA0 ? kind & 0x0F : big_endian(kind == 0xDC ? 2 : 4), 1);
}

std::string_view MsgpackCursor::read_text() {
  if (!next_is_string()) wrong_type("string");
  const std::string_view text = read_bytes();
  if (const size_t bad = utf8::find_invalid(text); bad != utf8::kValid) {
    at_ -= text.size() - bad;
    fail("string is not UTF-8");
  }
  return text;
}

std::string_view MsgpackCursor::read_bytes() {
  if (!next_is_string() && !next_is(0xC4, 0xC6)) wrong_type("string");
  const uint8_t kind = tag();
  if (kind < 0xC0) return take(kind & 0x1F);
  return take(big_endian(size_t{1} << (kind - (kind < 0xD0 ? 0xC4 : 0xD9))));
}

uint64_t MsgpackCursor::read_uint() {
  if (next_is(0x00, 0x7F)) return tag();
  if (!next_is(0xCC, 0xCF)) return read_value().as_uint();
  const uint8_t kind = tag();
  return big_endian(size_t{1} << (kind - 0xCC));
}

std::string_view MsgpackCursor::skip() {
  const size_t start = at_;
  skip_value(0);
  return bytes_.substr(start, at_ - start);
}

void MsgpackCursor::skip_items(uint64_t count, size_t depth) {
  if (depth >= kMaxDepth) fail("nested deeper than " + std::to_string(kMaxDepth) + " levels");
  for (size_t left = checked_count(count, 1); left > 0; --left) skip_value(depth + 1);
}

void MsgpackCursor::skip_value(size_t depth) {
  const uint8_t kind = tag();
  if (kind < 0x80 || kind >= 0xE0 || kind == 0xC0 || kind == 0xC2 || kind == 0xC3) return;
  if (kind < 0x90) return skip_items(uint64_t{2} * (kind & 0x0F), depth);
  if (kind < 0xA0) return skip_items(kind & 0x0F, depth);
  if (kind < 0xC0) return static_cast<void>(take(kind & 0x1F));
  if (kind >= 0xC4 && kind <= 0xC6)
    return static_cast<void>(take(big_endian(size_t{1} << (kind - 0xC4))));
  if (kind >= 0xC7 && kind <= 0xC9)
    return static_cast<void>(take(1 + big_endian(size_t{1} << (kind - 0xC7))));
  if (kind == 0xCA || kind == 0xCB) return static_cast<void>(take(kind == 0xCA ? 4 : 8));
  if (kind >= 0xCC && kind <= 0xD3)
    return static_cast<void>(take(size_t{1} << ((kind - 0xCC) & 3)));
  if (kind >= 0xD4 && kind <= 0xD8)
    return static_cast<void>(take(1 + (size_t{1} << (kind - 0xD4))));
  if (kind >= 0xD9 && kind <= 0xDB)
    return static_cast<void>(take(big_endian(size_t{1} << (kind - 0xD9))));
  if (kind == 0xDC || kind == 0xDD) return skip_items(big_endian(kind == 0xDC ? 2 : 4), depth);
  if (kind == 0xDE || kind == 0xDF) return skip_items(2 * big_endian(kind == 0xDE ? 2 : 4), depth);
  --at_;
  fail("unknown type byte " + std::to_string(kind));
}

namespace {

// The checks are those of arrays that were copied.
void check(const NumpyView& view) {
  NumpyArray array;
  array.dtype = view.dtype;
  array.shape = view.shape;
  const size_t count = array.size(), each = array.item_size();
  if (view.bytes.size() % each == 0 && view.bytes.size() / each == count) return;
  throw Error(ErrorKind::kFormat, "msgpack: numpy array needs " + std::to_string(count) +
                                      " elements of " + std::to_string(each) + " bytes, but has " +
                                      std::to_string(view.bytes.size()) + " bytes");
}

}  // namespace

NumpyView read_numpy(MsgpackCursor& cursor) {
  if (!cursor.next_is_map()) as_numpy_array(cursor.read_value());
  NumpyView out;
  bool is_array = false, has_data = false;
  for (size_t left = cursor.read_map(); left > 0; --left) {
    const std::string_view key = cursor.read_bytes();
    if (key == "data") {
      out.bytes = cursor.read_bytes();
      has_data = true;
    } else if (key == "type") {
      out.dtype = cursor.read_bytes();
    } else if (key == "shape") {
      out.shape.clear();
      for (size_t n = cursor.read_array(); n > 0; --n)
        out.shape.push_back(cursor.read_value().as_int());
    } else if (key == "nd") {
      is_array = cursor.read_value().as_bool();
    } else if (key == "kind" && !cursor.read_bytes().empty()) {
      throw Error(ErrorKind::kFormat, "msgpack: numpy array of a structured type is not supported");
    } else if (key != "kind") {
      cursor.skip();
    }
  }
  if (!is_array || !has_data)
    throw Error(ErrorKind::kFormat, "msgpack: numpy array expected, found map");
  check(out);
  return out;
}

}  // namespace pawl

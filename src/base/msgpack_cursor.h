// MessagePack read value by value, without a document in between: long tables and arrays of numbers
// are used where they lie. The same limits and errors as parse_msgpack, but for map keys, which may
// repeat.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/msgpack.h"

namespace pawl {

// Reads from bytes that must outlive it and whatever it returned. Every function throws
// Error(kFormat) for another type, truncated or damaged bytes.
class MsgpackCursor {
 public:
  // Begins at byte `position`.
  explicit MsgpackCursor(std::string_view bytes, size_t position = 0)
      : bytes_(bytes), at_(position) {}

  size_t position() const { return at_; }

  bool at_end() const { return at_ == bytes_.size(); }
  void expect_end() const;
  bool next_is_null() const { return next_is(0xC0, 0xC0); }
  bool next_is_string() const { return next_is(0xA0, 0xBF) || next_is(0xD9, 0xDB); }
  bool next_is_map() const { return next_is(0x80, 0x8F) || next_is(0xDE, 0xDF); }

  size_t read_map();              // its number of members: keys and values follow
  size_t read_array();            // its number of items, which follow
  std::string_view read_text();   // a string of UTF-8
  std::string_view read_bytes();  // a string, of whatever bytes, or binary
  uint64_t read_uint();
  // One value, whatever it is: its bytes, of which all nested lengths have been checked.
  std::string_view skip();
  Msgpack read_value() { return parse_msgpack(skip()); }

 private:
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void wrong_type(const char* expected) const;
  bool next_is(uint8_t first, uint8_t last) const {
    if (at_ >= bytes_.size()) return false;
    const auto tag = static_cast<uint8_t>(bytes_[at_]);
    return tag >= first && tag <= last;
  }
  uint8_t tag();
  uint64_t big_endian(size_t size);
  std::string_view take(size_t size);
  size_t checked_count(uint64_t count, size_t bytes_each);
  void skip_value(size_t depth);
  void skip_items(uint64_t count, size_t depth);

  std::string_view bytes_;
  size_t at_;
};

// A numpy array in the msgpack-numpy convention whose elements stay where they are, unaligned.
struct NumpyView {
  std::string_view dtype;
  std::vector<int64_t> shape;
  std::string_view bytes;
};
NumpyView read_numpy(MsgpackCursor& cursor);

}  // namespace pawl

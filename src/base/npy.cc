#include "base/npy.h"

#include <charconv>
#include <cstdint>

#include "base/error.h"

namespace pawl {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr size_t kMaxHeader = 1 << 16;

// A Python dictionary of the one form numpy writes, {'descr': '<f4', 'fortran_order': False,
// 'shape': (3, 2), }, read from left to right.
class Reader {
 public:
  Reader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  NpyHeader read() {
    NpyHeader out;
    int known = 0;
    take("{");
    while (!try_take("}")) {
      const std::string key = quoted();
      take(":");
      if (key == "descr") {
        out.dtype = quoted();
      } else if (key == "fortran_order") {
        out.fortran_order = truth();
      } else if (key == "shape") {
        out.shape = shape();
      } else {
        fail("the key '" + key + "' is not known");
      }
      ++known;
      if (!try_take(",")) {
        take("}");
        break;
      }
    }
    skip_blanks();
    if (known != 3 || at_ != text_.size()) fail("is not one that numpy writes");
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kFormat, where_ + ": the header of the array " + what);
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool try_take(std::string_view what) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  void take(std::string_view what) {
    if (!try_take(what)) fail("lacks '" + std::string(what) + "'");
  }
  std::string quoted() {
    take("'");
    const size_t end = text_.find('\'', at_);
    if (end == std::string_view::npos) fail("has a string without end");
    std::string out(text_.substr(at_, end - at_));
    at_ = end + 1;
    return out;
  }
  bool truth() {
    if (try_take("True")) return true;
    take("False");
    return false;
  }
  std::vector<size_t> shape() {
    std::vector<size_t> out;
    take("(");
    while (!try_take(")")) {
      skip_blanks();
      size_t value = 0;
      const char* from = text_.data() + at_;
      const auto [end, error] = std::from_chars(from, text_.data() + text_.size(), value);
      if (error != std::errc() || out.size() == 32) fail("has a shape that cannot be read");
      at_ += static_cast<size_t>(end - from);
      out.push_back(value);
      if (!try_take(",")) {
        take(")");
        break;
      }
    }
    return out;
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
};

}  // namespace

NpyHeader read_npy_header(std::string_view bytes, const std::string& where) {
  if (bytes.size() < 10 || !bytes.starts_with(kMagic) || bytes[6] < 1 || bytes[6] > 3)
    throw Error(ErrorKind::kFormat, where + ": is not an array as numpy saves it (.npy)");
  const size_t width = bytes[6] == 1 ? 2 : 4;
  if (bytes.size() < 8 + width) throw Error(ErrorKind::kFormat, where + ": is cut off");
  size_t length = 0;
  for (size_t i = 0; i < width; ++i)
    length |= size_t{static_cast<unsigned char>(bytes[8 + i])} << (8 * i);
  if (length > kMaxHeader || length > bytes.size() - 8 - width)
    throw Error(ErrorKind::kFormat, where + ": is cut off");
  NpyHeader out = Reader(bytes.substr(8 + width, length), where).read();
  out.size = 8 + width + length;
  return out;
}

}  // namespace pawl

#include "training/zlib_bytes.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace pawl {

namespace {

constexpr size_t kPiece = size_t{256} << 10;

struct Inflater {
  z_stream stream{};
  Inflater() {
    if (inflateInit(&stream) != Z_OK) throw Error(ErrorKind::kInternal, "zlib does not start");
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

std::string compress_zlib(std::string_view bytes) {
  std::string out(compressBound(bytes.size()), '\0');
  uLongf size = out.size();
  const int status = compress(reinterpret_cast<Bytef*>(out.data()), &size,
                              reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  if (status != Z_OK)
    throw Error(ErrorKind::kInternal, "zlib cannot compress: status " + std::to_string(status));
  out.resize(size);
  return out;
}

std::string decompress_zlib(std::string_view bytes, size_t max_bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) {
    throw Error(ErrorKind::kFormat, "more than 4 GiB of compressed data");
  }
  Inflater inflater;
  z_stream& stream = inflater.stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    const size_t used = out.size();
    if (used >= max_bytes) {
      throw Error(ErrorKind::kFormat,
                  "unpacks to more than " + std::to_string(max_bytes) + " bytes");
    }
    out.resize(std::min(max_bytes, used + std::max(kPiece, used / 2)));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(out.size() - used);
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (status == Z_BUF_ERROR || (status == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) {
      throw Error(ErrorKind::kFormat, "the compressed data is truncated");
    }
    if (status != Z_OK && status != Z_STREAM_END)
      throw Error(ErrorKind::kFormat, "the compressed data is damaged");
  }
  if (stream.avail_in > 0)
    throw Error(ErrorKind::kFormat, "other bytes follow the compressed data");
  return out;
}

}  // namespace pawl

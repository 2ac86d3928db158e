// zlib streams in memory.
#pragma once

#include <string>
#include <string_view>

namespace pawl {

std::string compress_zlib(std::string_view bytes);
// Throws Error(kFormat) for a stream that is damaged, truncated, followed by other bytes, or larger
// than `max_bytes` when unpacked; memory grows with what has been unpacked, never with what a
// header claims.
std::string decompress_zlib(std::string_view bytes, size_t max_bytes);

}  // namespace pawl

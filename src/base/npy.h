// The header of numpy's .npy files (NEP 1): what the array is. The data follows it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct NpyHeader {
  std::string dtype;  // "<f4" ...
  bool fortran_order = false;
  std::vector<size_t> shape;
  size_t size = 0;  // bytes before the data
};

// Versions 1 to 3. Throws Error(kFormat) naming `where` for anything else, pickled objects and
// structured types among it.
NpyHeader read_npy_header(std::string_view bytes, const std::string& where);

}  // namespace pawl

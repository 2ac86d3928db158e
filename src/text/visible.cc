#include "text/visible.h"

#include <algorithm>
#include <iterator>

#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl {

namespace {

struct InvisibleRange {
  char32_t first, last;
};

// Default_Ignorable_Code_Point of Unicode 14, controls, and U+2800, in order.
constexpr InvisibleRange kInvisible[] = {
    {0x0000, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C},
    {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x200B, 0x200F},   {0x202A, 0x202E},
    {0x2060, 0x206F}, {0x2800, 0x2800}, {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFF8}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};

}  // namespace

bool is_visible(char32_t code_point) {
  const auto found = std::lower_bound(
      std::begin(kInvisible), std::end(kInvisible), code_point,
      [](const InvisibleRange& range, char32_t value) { return range.last < value; });
  if (found != std::end(kInvisible) && found->first <= code_point) return false;
  return !unicode::is(code_point, unicode::kSpace);
}

bool has_visible(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (is_visible(utf8::next(text, at))) return true;
  }
  return false;
}

}  // namespace pawl

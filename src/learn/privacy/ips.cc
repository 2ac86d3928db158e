// IPv4 and IPv6 addresses.
#include <string_view>

#include "learn/privacy/scan.h"

namespace pawl::pii {

namespace {

struct Quad {
  size_t end = 0;  // 0: none
  unsigned parts[4] = {};
  bool padded = false;  // a part such as "01"
};

// Four numbers below 256 with points between.
Quad quad_at(const FoldedText& text, size_t i) {
  Quad quad;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && text[i++] != '.') return {};
    const size_t start = i;
    unsigned value = 0;
    while (text.is_digit(i) && i - start < 4) value = value * 10 + (text[i++] - U'0');
    if (i == start || i - start > 3 || value > 255) return {};
    quad.padded |= text[start] == '0' && i - start > 1;
    quad.parts[part] = value;
  }
  quad.end = i;
  return quad;
}

bool is_longer(const FoldedText& text, size_t end) {
  const char32_t next = text[end];
  if (text.is_digit(end) || text.is_spaced_letter(end)) return true;
  return (next == '.' || next == '-') && text.is_ascii_word(end + 1) &&
         (next == '.' || text.is_ascii_letter(end + 1)) && !text.is_long_dash(end);
}

// This machine, any machine, a mask.
bool is_nobodys(const Quad& quad) {
  return quad.parts[0] == 127 || quad.parts[0] == 0 || (quad.parts[0] == 255);
}

// What stands before it makes it a version: "v1.2.3.4", ">=1.2.3.4", "name-1.2.3.4",
// "name/1.2.3.4".
bool is_attached_version(const FoldedText& text, size_t start, size_t end, const Cues& cues) {
  const char32_t before = text[start - 1];
  if (start == 0) return false;
  if (before == 'v' || before == 'V') return true;
  if (is_one_of(before, U"~^") && text[end] != before) return true;
  if (before == '=' && is_one_of(text[start - 2], U"=<>~!")) return true;
  if (is_one_of(before, U"<>") && text[start - 1] != text[start - 2] &&
      text.is_ascii_word(start - 2))
    return true;
  const bool name = before == '/' || (before == '-' && !text.is_long_dash(start - 1));
  return name && text.is_ascii_word(start - 2) &&
         cues.before(start, 2, only(CueKind::kAddress)) == nullptr;
}

bool is_version(const FoldedText& text, size_t start, const Quad& quad, const Cues& cues) {
  constexpr CueKinds kKinds = CueKind::kVersion | CueKind::kAddress | CueKind::kCount;
  if (is_attached_version(text, start, quad.end, cues)) return true;
  const CueAt* cue = cues.before(start, 40, kKinds);
  if (cue == nullptr || cue->kind != CueKind::kVersion) return false;
  size_t words = 0;
  for (size_t i = cue->end; i < start; ++i)
    words += text[i] == ';' ? 3 : text.is_letter(i) && !text.is_letter(i - 1);
  return words <= 2 && (start - cue->end <= 16 || (quad.parts[0] < 100 && quad.parts[1] < 100));
}

void find_quads(const FoldedText& text, const Cues& cues, Finds& finds) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!text.is_digit(i)) continue;
    const bool begins = i == 0 || !(text.is_digit(i - 1) || text.is_spaced_letter(i - 1)) ||
                        cues.before(i, 0, only(CueKind::kAddress)) != nullptr ||
                        lower(text[i - 1]) == 'v';
    const bool part = i > 0 && text[i - 1] == '.' && text.is_digit(i - 2);
    const Quad quad = begins && !part ? quad_at(text, i) : Quad{};
    if (quad.end > 0 && !quad.padded && !is_longer(text, quad.end) && !is_nobodys(quad) &&
        !is_version(text, i, quad, cues))
      finds.push_back({i, quad.end, Kind::kIp});
    while (text.is_digit(i + 1)) ++i;
  }
}

bool is_hex(char32_t c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
}

// What an IPv6 address is made of, counted.
struct Groups {
  bool valid = false;
  bool gap = false;  // "::"
  bool has_digit = false, has_letter = false;
  size_t count = 0, longest = 0;
  bool ends_in_quad = false;
};

Groups read_groups(const FoldedText& text, size_t start, size_t end) {
  Groups groups;
  size_t size = 0;
  for (size_t i = start; i <= end; ++i) {
    if (i < end && is_hex(text[i])) {
      (text.is_digit(i) ? groups.has_digit : groups.has_letter) = true;
      if (++size > 4) return {};
      groups.longest = std::max(groups.longest, size);
      continue;
    }
    if (i < end && text[i] == '.') {
      groups.ends_in_quad = quad_at(text, i - size).end == end;
      groups.count += 2;
      groups.valid = groups.ends_in_quad && (groups.gap ? groups.count <= 7 : groups.count == 8);
      return groups;
    }
    groups.count += size > 0;
    if (i == end) break;
    if (size == 0 && i > start) {
      if (text[i - 1] != ':' || groups.gap) return {};
      groups.gap = true;
    }
    size = 0;
  }
  groups.valid = groups.gap ? groups.count <= 7 && groups.count > 0 : groups.count == 8;
  return groups;
}

bool is_slice(const FoldedText& text, size_t start, size_t end) {
  size_t i = start;
  while (i > 0 && start - i < 24 && (text.is_word(i - 1) || is_one_of(text[i - 1], U" ,:.-"))) --i;
  if (i == 0 || text[i - 1] != '[') return false;
  const bool of_something = text.is_word(i - 2) || is_one_of(text[i - 2], U"])");
  return of_something || is_one_of(text[end], U",");
}

// Not "::1", which is everybody's own, nor a name in a program ("std::cafe::bad", "ab::cd") nor a
// slice ("x[1::2]").
bool is_somebodys(const FoldedText& text, size_t start, size_t end, const Groups& groups,
                  const Cues& cues) {
  if (!groups.valid) return false;
  if (groups.ends_in_quad) return true;
  const bool announced = cues.before(start, 4, only(CueKind::kAddress)) != nullptr;
  if (!groups.gap) return groups.longest >= 3 || groups.has_letter || announced;
  const auto view = text.view(start, end);
  if (view == U"::1" || !groups.has_digit) return false;
  if (announced && groups.count >= 2) return true;
  return groups.longest >= 3 && (groups.count >= 2 || view.ends_with(U"::")) &&
         !is_slice(text, start, end);
}

void find_ipv6(const FoldedText& text, const Cues& cues, Finds& finds) {
  constexpr size_t kLongest = 45;
  const auto part = [&](size_t k) { return is_hex(text[k]) || text[k] == ':'; };
  for (size_t i = 0; i < text.size(); ++i) {
    if (!part(i)) continue;
    size_t end = i, colons = 0;
    for (; part(end) || (text[end] == '.' && text.is_digit(end + 1)); ++end)
      colons += text[end] == ':';
    // A key before it and a sign after it: "ip:fe80::1:".
    size_t start = i, stop = end;
    if (text[start] == ':' && text[start + 1] != ':') ++start;
    if (start == i && i > 0 && text.is_spaced_letter(i - 1) && is_hex(text[i])) {
      // The end of a key: "addr:2001:db8::1".
      while (start < end && text[start] != ':') ++start;
      if (text[start + 1] != ':') ++start;
    }
    while (stop > start && text[stop - 1] == ':' && text[stop - 2] != ':') --stop;
    const bool open = start > 0 && text.is_spaced_letter(start - 1);
    const bool after = text.is_spaced_letter(end) || (text[end] == '_' && text.is_word(end + 1));
    const bool key = start > 0 && text[start - 1] == '_' && text.is_word(start - 2) &&
                     cues.before(start, 1, only(CueKind::kAddress)) == nullptr;
    if (colons >= 2 && !open && !after && !key && stop > start && stop - start <= kLongest &&
        is_somebodys(text, start, stop, read_groups(text, start, stop), cues))
      finds.push_back({start, stop, Kind::kIp});
    i = end;
  }
}

}  // namespace

void find_ips(const FoldedText& text, const Cues& cues, Finds& finds) {
  find_quads(text, cues, finds);
  find_ipv6(text, cues, finds);
}

}  // namespace pawl::pii

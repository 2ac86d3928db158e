// URLs with credentials, e-mail and IP addresses.
#include <algorithm>

#include "learn/privacy/pii_scan.h"

namespace pawl::pii {

namespace {

bool ends_url(char c) {
  return is_space(c) || c == '"' || c == '<' || c == '>' || c == '`' || c == '\0';
}

bool is_local(char c) {
  return is_word(c) || c == kOther ||
         std::string_view("._%+'-!#$&*/=?^{|}~").find(c) != std::string_view::npos;
}

bool is_host(char c) {
  return is_word(c) || c == '-' || c == kOther;
}

// userinfo@host, or user:secret with an @ further on (before `end`), whatever the secret holds.
bool has_credentials(std::string_view text, size_t start, size_t end, size_t next_sign) {
  size_t stop = start;
  while (stop < end && text[stop] != '/' && text[stop] != '?' && text[stop] != '#') ++stop;
  const std::string_view authority = text.substr(start, stop - start);
  const size_t sign = authority.rfind('@');
  if (sign != std::string_view::npos) return sign > 0 && sign + 1 < authority.size();
  const size_t colon = authority.find(':');
  if (colon == std::string_view::npos || colon == 0 || next_sign >= end) return false;
  return authority.find_first_not_of("0123456789", colon + 1) != std::string_view::npos;
}

// The separators of a spelled-out address: "." or "(dot)", "[dot]", " dot ".
size_t skip_dot(std::string_view text, size_t i) {
  if (at(text, i) == '.') return i + 1;
  size_t k = i;
  while (at(text, k) == ' ') ++k;
  const bool bracket =
      std::string_view("([{").find(at(text, k)) != std::string_view::npos && at(text, k) != '\0';
  if (bracket)
    ++k;
  else if (k == i)
    return i;
  if (lower(at(text, k)) != 'd' || lower(at(text, k + 1)) != 'o' || lower(at(text, k + 2)) != 't')
    return i;
  k += 3;
  if (bracket !=
      (std::string_view(")]}").find(at(text, k)) != std::string_view::npos && at(text, k) != '\0'))
    return i;
  if (bracket)
    ++k;
  else if (at(text, k) != ' ')
    return i;
  while (at(text, k) == ' ') ++k;
  return k;
}

// The end of a host name with a top level domain, 0 when there is none.
size_t host_end(std::string_view text, size_t start, bool spelled) {
  size_t good = 0, i = start;
  if (at(text, i) == '[') {
    const size_t close = text.substr(i, 48).find(']');
    return close != std::string_view::npos && close > 2 ? i + close + 1 : 0;
  }
  for (int labels = 0; i < text.size(); ++labels) {
    const size_t label = i;
    bool letters = true;
    for (; i < text.size() && is_host(text[i]); ++i)
      letters &= !is_digit(text[i]) && text[i] != '-';
    if (i == label) break;
    const bool punycode = i - label > 4 && text.substr(label, 4) == "xn--";
    if (labels > 0 && i - label >= 2 && (letters || punycode)) good = i;
    const size_t next = spelled ? skip_dot(text, i) : i + (at(text, i) == '.');
    if (next == i) break;
    i = next;
  }
  return good;
}

size_t local_start(std::string_view text, size_t end) {
  if (end > 0 && text[end - 1] == '"') {
    const size_t open = end > 1 ? text.rfind('"', end - 2) : std::string_view::npos;
    if (open != std::string_view::npos && end - open < 80) return open;
  }
  size_t start = end;
  while (start > 0 && is_local(text[start - 1])) --start;
  while (start < end && std::string_view("./'=&|*").find(text[start]) != std::string_view::npos)
    ++start;
  return start;
}

void add_email(std::string_view text, size_t local_end, size_t host, bool spelled, Finds& finds) {
  const size_t start = local_start(text, local_end);
  if (start == local_end) return;
  const size_t end = host_end(text, host, spelled);
  if (end > 0) finds.push_back({start, end, Kind::kEmail});
}

// "(at)", "[at]" or "{at}" at `i`: the position after it, 0 when it is not there.
size_t spelled_at(std::string_view text, size_t i) {
  constexpr std::string_view kOpen = "([{", kClose = ")]}";
  const size_t which = kOpen.find(text[i]);
  if (which == std::string_view::npos) return 0;
  size_t k = i + 1;
  while (at(text, k) == ' ') ++k;
  if (lower(at(text, k)) != 'a' || lower(at(text, k + 1)) != 't') return 0;
  k += 2;
  while (at(text, k) == ' ') ++k;
  return at(text, k) == kClose[which] ? k + 1 : 0;
}

int decimal_byte(std::string_view text, size_t& i) {
  int value = 0;
  const size_t start = i;
  while (i < text.size() && is_digit(text[i]) && i - start < 4)
    value = value * 10 + (text[i++] - '0');
  return i == start || i - start > 3 ? 256 : value;
}

// The end of four numbers below 256 with points between, 0 when there are none.
size_t quad_end(std::string_view text, size_t i) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && at(text, i++) != '.') return 0;
    if (decimal_byte(text, i) > 255) return 0;
  }
  const bool longer = is_word(at(text, i)) || (at(text, i) == '.' && is_digit(at(text, i + 1)));
  return longer ? 0 : i;
}

bool is_nobodys_quad(std::string_view quad) {
  return quad.starts_with("127.") || quad == "0.0.0.0";
}

void find_quads(std::string_view text, Finds& finds) {
  static const std::vector<std::string_view> kVersionWords = {"version", "versions", "ver.",
                                                              "release", "build",    "v"};
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i])) continue;
    const char before = i > 0 ? text[i - 1] : ' ';
    const bool starts = !is_word(before) && before != '.' && before != '_';
    const size_t end = starts ? quad_end(text, i) : 0;
    if (end > 0 && !is_nobodys_quad(text.substr(i, end - i)) &&
        !word_before(text, i, 9, kVersionWords)) {
      finds.push_back({i, end, Kind::kIp});
    }
    while (i + 1 < text.size() && is_digit(text[i + 1])) ++i;
  }
}

bool is_hex(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

// Eight groups of up to four digits, or fewer with one "::"; the last two may be an IPv4 address.
bool is_ipv6(std::string_view token) {
  size_t groups = 0, digits = 0;
  bool gap = false, has_digit = false;
  for (size_t i = 0; i <= token.size(); ++i) {
    if (i < token.size() && is_hex(token[i])) {
      has_digit |= is_digit(token[i]);
      if (++digits > 4) return false;
      continue;
    }
    if (at(token, i) == '.') {
      const size_t start = token.rfind(':', i) + 1;
      return quad_end(token, start) == token.size() && (gap ? groups <= 5 : groups == 6);
    }
    groups += digits > 0;
    if (i == token.size()) break;
    if (digits == 0 && i > 0 && token[i - 1] == ':') {
      if (gap) return false;
      gap = true;
    } else if (digits == 0 && i > 0) {
      return false;
    }
    digits = 0;
  }
  if (!gap) return groups == 8;
  // "::1" is everybody's own; "ab::cd" is rather a name in a program.
  return groups <= 7 && groups > 0 && token != "::1" && (groups >= 3 || (has_digit && groups >= 2));
}

void find_ipv6(std::string_view text, Finds& finds) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto part = [&](size_t k) {
      return k < text.size() && (is_hex(text[k]) || text[k] == ':');
    };
    if (!part(i)) continue;
    size_t end = i, colons = 0;
    for (; end < text.size() && (part(end) || (text[end] == '.' && is_digit(at(text, end + 1))));
         ++end) {
      colons += text[end] == ':';
    }
    size_t stop = end;
    while (stop > i && text[stop - 1] == ':' && (stop < 2 || text[stop - 2] != ':')) --stop;
    const bool bounded = (i == 0 || (!is_word(text[i - 1]) && text[i - 1] != '_')) &&
                         !is_word(at(text, end)) && at(text, end) != '_';
    if (colons >= 2 && bounded && stop - i <= 45 && is_ipv6(text.substr(i, stop - i))) {
      finds.push_back({i, stop, Kind::kIp});
    }
    i = end;
  }
}

}  // namespace

// `end` and `next_sign` only move forward: one URL may hold many others.
void find_urls(std::string_view text, Finds& finds) {
  size_t end = 0, next_sign = 0;
  for (size_t i = text.find("://"); i != std::string_view::npos; i = text.find("://", i + 3)) {
    size_t start = i;
    while (start > 0 && (is_word(text[start - 1]) || text[start - 1] == '+')) --start;
    end = std::max(end, i + 3);
    while (end < text.size() && !ends_url(text[end])) ++end;
    if (next_sign < i) next_sign = std::min(text.find('@', i), text.size());
    if (start == i || !has_credentials(text, i + 3, end, next_sign)) continue;
    size_t stop = end;
    while (stop > i + 3 &&
           std::string_view(".,;:!?)]}'").find(text[stop - 1]) != std::string_view::npos)
      --stop;
    finds.push_back({start, stop, Kind::kUrl});
  }
}

void find_emails(std::string_view text, Finds& finds) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '@') {
      const bool apart = text[i - 1] == ' ' && at(text, i + 1) == ' ';
      add_email(text, apart ? i - 1 : i, apart ? i + 2 : i + 1, false, finds);
    } else if (const size_t after = spelled_at(text, i); after > 0) {
      size_t local_end = i, host = after;
      while (local_end > 0 && text[local_end - 1] == ' ') --local_end;
      while (at(text, host) == ' ') ++host;
      add_email(text, local_end, host, true, finds);
    }
  }
}

void find_addresses(std::string_view text, Finds& finds) {
  find_quads(text, finds);
  find_ipv6(text, finds);
}

}  // namespace pawl::pii

// E-mail addresses: dot-atoms, quoted and international local parts, domains and address literals
// (RFC 5321, 5322, 6531), and the ways in which people write them out ("jane (at) example [.]
// org").
#include <string_view>

#include "learn/privacy/scan.h"

namespace pawl::pii {

namespace {

constexpr size_t kMaxLocal = 64;
constexpr size_t kMaxHost = 255;
constexpr std::u32string_view kOpen = U"([{<", kClose = U")]}>";

bool is_other_script(const FoldedText& text, size_t i) {
  return text.is_letter(i) && !is_latin(text[i]);
}

bool is_local(const FoldedText& text, size_t i) {
  return (text.is_word(i) || is_one_of(text[i], U"._%+'-!#$&*/=?^{|}~")) && !text.is_long_dash(i);
}

bool is_host(const FoldedText& text, size_t i) {
  return text.is_word(i) || (text[i] == '-' && !text.is_long_dash(i));
}

size_t skip_blanks(const FoldedText& text, size_t i) {
  while (text[i] == ' ') ++i;
  return i;
}

bool has_word(const FoldedText& text, size_t i, std::u32string_view word) {
  for (size_t k = 0; k < word.size(); ++k) {
    if (lower(text[i + k]) != word[k]) return false;
  }
  return true;
}

// A sign in brackets, or its name: "(at)", "[@]", "{dot}", "[.]". The position after it, or 0.
size_t bracketed(const FoldedText& text, size_t i, char32_t sign, std::u32string_view name) {
  const size_t which = text[i] == 0 ? kOpen.npos : kOpen.find(text[i]);
  if (which == kOpen.npos) return 0;
  size_t k = skip_blanks(text, i + 1);
  if (text[k] == sign)
    ++k;
  else if (has_word(text, k, name))
    k += name.size();
  else
    return 0;
  k = skip_blanks(text, k);
  return text[k] == kClose[which] ? k + 1 : 0;
}

// The same, ending at `end` and read backwards: its start, or npos.
size_t bracketed_before(const FoldedText& text, size_t end, char32_t sign,
                        std::u32string_view name) {
  if (end < 3 || kClose.find(text[end - 1]) == kClose.npos) return FoldedText::kNone;
  for (size_t i = end - 2; i + 8 > end; --i) {
    if (bracketed(text, i, sign, name) == end) return i;
    if (i == 0) break;
  }
  return FoldedText::kNone;
}

// The separator of a written-out domain: ".", "(dot)", "[.]", " dot ". Where the next label begins;
// `i` without one.
size_t skip_dot(const FoldedText& text, size_t i, bool spelled) {
  if (text[i] == '.') return i + 1;
  const size_t k = skip_blanks(text, i);
  if (const size_t after = bracketed(text, k, U'.', U"dot")) return skip_blanks(text, after);
  const bool word = spelled && k > i && has_word(text, k, U"dot ");
  return word ? skip_blanks(text, k + 4) : i;
}

// The end of the top level domain that label [start, end) is, or begins with: "com" of
// "com-thanks", "org" of "org发来". 0 when it is none.
size_t top_level_end(const FoldedText& text, size_t start, size_t end) {
  if (end - start > 4 && has_word(text, start, U"xn--")) return end;
  size_t i = start;
  const bool latin = is_latin(text[start]);
  while (i < end && text.is_letter(i) && is_latin(text[i]) == latin) ++i;
  return i - start >= 2 && i - start <= 24 ? i : 0;
}

bool is_known_top_level(const FoldedText& text, size_t start, size_t end) {
  constexpr std::u32string_view kKnown =
      U" com org net edu gov mil int info biz io co de uk fr es it nl be ch at se no dk fi ie pl "
      U"cz sk hu ro bg gr "
      U"hr si rs ua ru lt lv ee tr il eg ma tn za ng ke in pk bd lk th vn my sg id ph cn hk tw jp "
      U"kr au nz br ar cl "
      U"mx pe ve ec uy ca us eu me app dev ai museum travel example test email online site shop "
      U"xyz cloud ";
  std::u32string key = U" ";
  for (size_t i = start; i < end; ++i) key.push_back(lower(text[i]));
  return kKnown.find(key + U" ") != kKnown.npos;
}

struct Host {
  size_t end = 0;  // 0: none
  bool spelled = false;
  bool known = false;  // a top level domain that everybody knows
};

// "[10.0.0.1]", "[IPv6:...]" or four numbers.
size_t literal_end(const FoldedText& text, size_t start) {
  size_t i = start;
  if (text[i] == '[') {
    ++i;
    while (i < start + 48 && (text.is_ascii_word(i) || text[i] == ':' || text[i] == '.')) ++i;
    return text[i] == ']' && i > start + 6 ? i + 1 : 0;
  }
  int parts = 0;
  for (; parts < 4; ++parts) {
    const size_t begin = i;
    while (text.is_digit(i) && i - begin < 3) ++i;
    if (i == begin) return 0;
    if (parts == 3) break;
    if (text[i++] != '.') return 0;
  }
  return text.is_word(i) || (text[i] == '.' && text.is_digit(i + 1)) ? 0 : i;
}

bool only_digits(const FoldedText& text, size_t start, size_t end) {
  while (start < end && text.is_digit(start)) ++start;
  return start == end;
}

// The longest domain at `start` that ends in a top level domain.
Host read_host(const FoldedText& text, size_t start, bool spelled) {
  Host host;
  host.end = literal_end(text, start);
  if (host.end > 0) return host;
  size_t i = start;
  int numbers = 0;
  for (int labels = 0; i < start + kMaxHost; ++labels) {
    const size_t label = i;
    while (i - label < 64 && is_host(text, i)) ++i;
    if (i == label) break;
    // A sentence that goes on in another script is no domain.
    if (host.known && text.is_letter(label) && !is_latin(text[label])) break;
    numbers += only_digits(text, label, i);
    if (labels > 0 && numbers < 2) {
      if (const size_t end = top_level_end(text, label, i)) {
        host.end = end;
        host.known = is_known_top_level(text, label, end);
      }
    }
    const size_t next = skip_dot(text, i, spelled);
    if (next == i) break;
    host.spelled |= next != i + 1;
    i = next;
  }
  return host;
}

// Where a word of another script meets an address without a space: "从jane" → "jane".
size_t without_neighbour(const FoldedText& text, size_t start, size_t end) {
  for (size_t i = end - 1; i > start; --i) {
    const bool change = is_latin(text[i]) && text.is_letter(i) && is_other_script(text, i - 1);
    if (change ||
        (is_latin(text[i]) && is_one_of(text[i - 1], U"*|`~") && is_other_script(text, i - 2)))
      return i;
  }
  return start;
}

// Local parts may hold nearly any sign; those that are there because of what stands around the
// address are left out: "to=jane", "x/jane", "'jane", "(7,'jane".
size_t without_signs(const FoldedText& text, size_t start, size_t end, const Cues& cues) {
  const auto local = text.view(start, end);
  size_t cut = 0;
  for (size_t i = 0; i < local.size(); ++i) {
    const size_t at = start + i;
    const char32_t c = local[i];
    const bool key = c == '=' && (cues.before(at, 1, ~CueKinds{0}) != nullptr || i == 0);
    const bool path =
        c == '/' && (i == 0 || text[at - 1] == '/' || text[at + 1] == '/' ||
                     local.substr(0, i).find(U'.') != local.npos || text[start - 1] == ':');
    const bool query = (c == '?' || c == '&') && local.find(U'=', i) != local.npos;
    const bool dots = c == '.' && (i == 0 || local[i - 1] == '.');
    if (key || path || query || dots) cut = i + 1;
  }
  if (cut == local.size()) return end;
  start += cut;
  const bool braces = text[start] == '{' && text.view(start, end).find(U'}') != local.npos;
  while (start < end && is_one_of(text[start], U".'*|`~^!?#$&={}-") && !braces) ++start;
  return start;
}

// A numbered list or a section before it: "2.jane@example.org", "1)jane".
size_t without_number(const FoldedText& text, size_t start, size_t end) {
  size_t i = start;
  while (i < end && i - start < 3 && text.is_digit(i)) ++i;
  return i > start && i < end && text[i] == '.' && text.is_letter(i + 1) ? i + 1 : start;
}

size_t quoted_start(const FoldedText& text, size_t end) {
  const size_t floor = end > kMaxLocal + 2 ? end - kMaxLocal - 2 : 0;
  for (size_t i = end - 1; i > floor; --i) {
    if (text[i - 1] == '"' && text[i - 2] != '\\' && !text.is_escaped(i - 1))
      return i - 1 < end - 1 ? i - 1 : FoldedText::kNone;
    if (text[i - 1] == '\n') break;
  }
  return FoldedText::kNone;
}

// " dot " that ends at `end`: where it begins, or npos.
size_t dot_word_before(const FoldedText& text, size_t end) {
  const bool word = end > 5 && has_word(text, end - 5, U" dot ");
  return word ? end - 5 : FoldedText::kNone;
}

// How the signs of an address are written.
struct Spelling {
  bool spelled = false;   // with blanks or brackets around them
  bool by_words = false;  // "jane dot doe at example dot org"
};

// Where the local part that ends at `end` begins; `end` without one.
size_t local_start(const FoldedText& text, size_t end, Spelling spelling, const Cues& cues) {
  const auto [spelled, by_words] = spelling;
  if (end > 2 && text[end - 1] == '"' && !text.is_escaped(end - 1)) {
    const size_t open = quoted_start(text, end);
    if (open != FoldedText::kNone) return open;
  }
  size_t start = end;
  while (start > 0 && end - start < kMaxLocal && is_local(text, start - 1)) --start;
  while (start > 0 && end - start < kMaxLocal) {
    size_t before = start;
    while (spelled && before > 0 && text[before - 1] == ' ') --before;
    size_t dot = bracketed_before(text, before, U'.', U"dot");
    if (dot == FoldedText::kNone && by_words) dot = dot_word_before(text, start);
    if (dot == FoldedText::kNone) break;
    size_t label = dot;
    while (label > 0 && text[label - 1] == ' ') --label;
    size_t begin = label;
    while (begin > 0 && end - begin < kMaxLocal && is_local(text, begin - 1)) --begin;
    if (begin == label) break;
    start = begin;
  }
  if (start == end) return end;
  start = without_signs(text, start, end, cues);
  if (start < end) start = without_neighbour(text, start, end);
  return start < end ? without_number(text, start, end) : end;
}

bool has_content(const FoldedText& text, size_t start, size_t end) {
  for (size_t i = start; i < end; ++i) {
    if (text.is_word(i)) return true;
  }
  return false;
}

class EmailFinder {
 public:
  EmailFinder(const FoldedText& text, const Cues& cues, Finds& finds)
      : text_(text), cues_(cues), finds_(finds) {}

  void run() {
    for (size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '@') {
        at_sign(i);
      } else if (const size_t after = bracketed(text_, i, U'@', U"at")) {
        size_t end = i;
        while (end > 0 && text_[end - 1] == ' ') --end;
        add(end, skip_blanks(text_, after), true, false);
      } else if (text_[i] == ' ' && has_word(text_, i, U" at ") && text_.is_ascii_word(i - 1)) {
        at_word(i);
      }
    }
  }

 private:
  void at_sign(size_t i) {
    const bool apart = text_[i - 1] == ' ' && text_[i + 1] == ' ';
    if (apart) {
      const size_t end = i - 1;
      if (text_.is_ascii_word(end - 1)) add(end, i + 2, true, true);
    } else {
      if (!add(i, i + 1, false, false)) add(i, i + 1, true, true);  // "jane@example dot org"
    }
  }

  // "jane at example dot org"
  void at_word(size_t i) {
    const Host host = read_host(text_, i + 4, true);
    if (host.end > 0 && host.spelled && host.known) add(i, i + 4, true, true);
  }

  bool add(size_t local_end, size_t host_start, bool spelled, bool must_be_known) {
    const Host host = read_host(text_, host_start, spelled);
    if (host.end == 0 || (must_be_known && !host.known)) return false;
    const size_t start = local_start(text_, local_end, {spelled, host.spelled}, cues_);
    if (start >= local_end || !has_content(text_, start, local_end)) return false;
    const bool version =
        text_.is_digit(host.end - 1) &&
        cues_.before(local_end, 0, CueKind::kVersion | CueKind::kAddress) != nullptr;
    if (version) return false;
    finds_.push_back({start, host.end, Kind::kEmail});
    return true;
  }

  const FoldedText& text_;
  const Cues& cues_;
  Finds& finds_;
};

}  // namespace

void find_emails(const FoldedText& text, const Cues& cues, Finds& finds) {
  EmailFinder(text, cues, finds).run();
}

}  // namespace pawl::pii

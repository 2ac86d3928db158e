// Keys and tokens that show by their own form: known prefixes, JSON web tokens, private keys, long
// random-looking strings.
#include <array>
#include <cmath>
#include <string_view>

#include "learn/privacy/scan.h"

namespace pawl::pii {

namespace {

struct Prefix {
  std::u32string_view text;
  size_t min_rest;
};

constexpr Prefix kPrefixes[] = {{U"sk-", 16},
                                {U"sk_live_", 10},
                                {U"sk_test_", 10},
                                {U"pk_live_", 10},
                                {U"pk_test_", 10},
                                {U"rk_live_", 10},
                                {U"ghp_", 16},
                                {U"gho_", 16},
                                {U"ghu_", 16},
                                {U"ghs_", 16},
                                {U"ghr_", 16},
                                {U"github_pat_", 16},
                                {U"glpat-", 16},
                                {U"gldt-", 16},
                                {U"glrt-", 16},
                                {U"xoxb-", 10},
                                {U"xoxp-", 10},
                                {U"xoxa-", 10},
                                {U"xoxs-", 10},
                                {U"xoxr-", 10},
                                {U"xapp-", 10},
                                {U"AKIA", 16},
                                {U"ASIA", 16},
                                {U"AIza", 30},
                                {U"ya29.", 16},
                                {U"GOCSPX-", 16},
                                {U"hf_", 16},
                                {U"npm_", 20},
                                {U"pypi-", 20},
                                {U"SG.", 20},
                                {U"dop_v1_", 20},
                                {U"shpat_", 20},
                                {U"shpss_", 20},
                                {U"whsec_", 16},
                                {U"rubygems_", 20},
                                {U"dckr_pat_", 16},
                                {U"figd_", 16},
                                {U"lin_api_", 16},
                                {U"ntn_", 16},
                                {U"sq0atp-", 16},
                                {U"EAACEdEose0cBA", 10},
                                {U"key-", 28},
                                {U"gsk_", 20},
                                {U"xai-", 20},
                                {U"r8_", 20},
                                {U"AGE-SECRET-KEY-", 20},
                                {U"tskey-", 16},
                                {U"hvs.", 20},
                                {U"PMAK-", 20},
                                {U"atlasv1.", 20}};

bool is_token(const FoldedText& text, size_t i) {
  return text.is_ascii_word(i) || (is_one_of(text[i], U"_-+/=.") && !text.is_long_dash(i));
}

struct Mixture {
  size_t upper = 0, lower = 0, digits = 0, slashes = 0, points = 0;
  size_t in_words = 0;  // small letters in rows of three or more: names are made of words
};

Mixture mixture_of(std::u32string_view token) {
  Mixture mix;
  size_t row = 0;
  for (const char32_t c : token) {
    const bool small = c >= 'a' && c <= 'z';
    mix.upper += c >= 'A' && c <= 'Z';
    mix.lower += small;
    mix.digits += c >= '0' && c <= '9';
    mix.slashes += c == '/';
    mix.points += c == '.';
    row = small ? row + 1 : 0;
    mix.in_words += row == 3 ? 3 : row > 3 ? 1 : 0;
  }
  return mix;
}

double entropy_of(std::u32string_view token) {
  std::array<size_t, 128> counts{};
  for (const char32_t c : token) ++counts[c & 127];
  double bits = 0;
  for (const size_t n : counts) {
    if (n == 0) continue;
    const double p = static_cast<double>(n) / static_cast<double>(token.size());
    bits -= p * std::log2(p);
  }
  return bits;
}

bool has_known_prefix(std::u32string_view token) {
  for (const Prefix& prefix : kPrefixes) {
    if (!token.starts_with(prefix.text) || token.size() < prefix.text.size() + prefix.min_rest)
      continue;
    const Mixture rest = mixture_of(token.substr(prefix.text.size()));
    if (rest.digits > 0 || rest.upper > 2) return true;
  }
  return false;
}

bool is_web_token(std::u32string_view token) {
  return token.starts_with(U"eyJ") && token.size() >= 20 && token.find(U'.') != token.npos;
}

// Long, of three kinds of characters in no order of words, and no path or file name.
bool is_random_looking(std::u32string_view token) {
  const Mixture mix = mixture_of(token);
  return token.size() >= 32 && mix.slashes <= token.size() / 16 && mix.points == 0 &&
         mix.upper >= 3 && mix.lower >= 3 && mix.digits >= 1 &&
         mix.in_words * 5 < token.size() * 2 && entropy_of(token) >= 4.2;
}

// What is public though it looks like a key: digests, data in URLs, ids in paths.
bool is_public(const FoldedText& text, const Cues& cues, size_t start, std::u32string_view token) {
  constexpr CueKinds kKinds =
      CueKind::kDigest | CueKind::kSecret | CueKind::kToken | CueKind::kPassword;
  if (token.starts_with(U"sha256-") || token.starts_with(U"sha384-") ||
      token.starts_with(U"sha512-"))
    return true;
  if (token.find(U"/") != token.npos && is_one_of(text[start - 1], U":")) return true;
  const CueAt* cue = cues.before(start, 16, kKinds);
  if (cue != nullptr && cue->kind == CueKind::kDigest) return true;
  return text[start - 1] == ',' &&
         text.view(start > 8 ? start - 8 : 0, start).find(U"base64") != std::u32string_view::npos;
}

// "acct_x9…": a word and "_" before what looks random by itself.
size_t without_key(const FoldedText& text, size_t start, size_t stop) {
  const auto token = text.view(start, stop);
  if (has_known_prefix(token) || is_web_token(token)) return start;
  const size_t sign = token.find(U'_');
  if (sign == token.npos || sign > 16) return start;
  for (size_t i = 0; i < sign; ++i) {
    if (!text.is_letter(start + i)) return start;
  }
  return token.size() - sign > 24 ? start + sign + 1 : start;
}

void find_private_keys(const FoldedText& text, Finds& finds) {
  constexpr std::u32string_view kBegin = U"-----BEGIN ", kEnd = U"-----END ";
  const std::u32string_view all = text.view();
  for (size_t i = all.find(kBegin); i != all.npos; i = all.find(kBegin, i + 1)) {
    if (all.substr(i, 60).find(U"PRIVATE KEY") == all.npos) continue;
    size_t end = all.find(kEnd, i);
    if (end != all.npos) end = all.find(U"-----", end + kEnd.size());
    end = end == all.npos ? all.size() : end + 5;
    finds.push_back({i, end, Kind::kKey});
    i = end - 1;
  }
}

}  // namespace

void find_tokens(const FoldedText& text, const Cues& cues, Finds& finds) {
  find_private_keys(text, finds);
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_token(text, i)) continue;
    size_t end = i;
    // An assignment ends a name: what is after it is looked at by itself.
    while (is_token(text, end) && !(text[end] == '=' && text.is_ascii_word(end + 1))) ++end;
    size_t start = i, stop = end;
    while (start < stop && is_one_of(text[start], U"-=/+.")) ++start;
    while (stop > start && is_one_of(text[stop - 1], U".-/")) --stop;
    start = without_key(text, start, stop);
    const auto token = text.view(start, stop);
    if (token.size() >= 12 && (has_known_prefix(token) || is_web_token(token) ||
                               (is_random_looking(token) && !is_public(text, cues, start, token))))
      finds.push_back({start, stop, Kind::kKey});
    i = std::max(end, i);
  }
}

}  // namespace pawl::pii

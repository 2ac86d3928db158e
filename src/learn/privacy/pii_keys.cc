// API keys, tokens, private keys, and what follows words such as "password".
#include <array>
#include <cmath>

#include "learn/privacy/pii_scan.h"

namespace pawl::pii {

namespace {

struct Prefix {
  std::string_view text;
  size_t min_rest;
};

constexpr Prefix kPrefixes[] = {{"sk-", 16},      {"sk_live_", 10},    {"sk_test_", 10},
                                {"pk_live_", 10}, {"rk_live_", 10},    {"ghp_", 16},
                                {"gho_", 16},     {"ghu_", 16},        {"ghs_", 16},
                                {"ghr_", 16},     {"github_pat_", 16}, {"glpat-", 16},
                                {"xoxb-", 10},    {"xoxp-", 10},       {"xoxa-", 10},
                                {"xoxs-", 10},    {"xoxr-", 10},       {"xapp-", 10},
                                {"AKIA", 16},     {"ASIA", 16},        {"AIza", 30},
                                {"ya29.", 16},    {"hf_", 16},         {"npm_", 20},
                                {"pypi-", 20},    {"SG.", 20},         {"dop_v1_", 20},
                                {"shpat_", 20},   {"whsec_", 16},      {"AGE-SECRET-KEY-", 20}};

bool is_token(char c) {
  return is_word(c) || c == '_' || c == '-' || c == '+' || c == '/' || c == '=' || c == '.';
}

struct Mixture {
  size_t upper = 0, lower = 0, digits = 0, slashes = 0, points = 0;
};

Mixture mixture_of(std::string_view token) {
  Mixture mix;
  for (const char c : token) {
    mix.upper += c >= 'A' && c <= 'Z';
    mix.lower += c >= 'a' && c <= 'z';
    mix.digits += is_digit(c);
    mix.slashes += c == '/';
    mix.points += c == '.';
  }
  return mix;
}

double entropy_of(std::string_view token) {
  std::array<size_t, 256> counts{};
  for (const char c : token) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const size_t n : counts) {
    if (n == 0) continue;
    const double p = static_cast<double>(n) / static_cast<double>(token.size());
    bits -= p * std::log2(p);
  }
  return bits;
}

bool has_known_prefix(std::string_view token) {
  for (const Prefix& prefix : kPrefixes) {
    if (token.starts_with(prefix.text) && token.size() >= prefix.text.size() + prefix.min_rest) {
      const Mixture rest = mixture_of(token.substr(prefix.text.size()));
      if (rest.digits > 0 || rest.upper > 0) return true;
    }
  }
  return false;
}

bool is_web_token(std::string_view token) {
  return token.starts_with("eyJ") && token.size() >= 20 &&
         token.find('.') != std::string_view::npos;
}

// Long, of three kinds of characters, and no path or file name: nobody types that.
bool is_random_looking(std::string_view token) {
  const Mixture mix = mixture_of(token);
  return token.size() >= 32 && mix.slashes <= 2 && mix.points == 0 && mix.upper >= 3 &&
         mix.lower >= 3 && mix.digits >= 1 && entropy_of(token) >= 4.3;
}

const std::vector<std::string_view> kKeyWords = {
    "api key", "apikey",     "api_key",     "api-key",     "access key", "access_key",
    "secret",  "secret key", "secret_key",  "token",       "auth",       "authorization",
    "bearer",  "credential", "credentials", "private key", "license key"};
const std::vector<std::string_view> kPasswordWords = {"password",   "passwd",   "pwd",
                                                      "passphrase", "passcode", "pin"};

// After a key word: long enough and mixed. After "password:" whatever is there; after "password is"
// what is no word.
bool is_secret(std::string_view text, size_t start, std::string_view token) {
  const Mixture mix = mixture_of(token);
  const size_t letters = mix.upper + mix.lower;
  if (token.size() >= 12 && mix.digits > 0 && letters > 0 && entropy_of(token) >= 2.8) {
    if (word_before(text, start, 28, kKeyWords)) return true;
  }
  if (token.size() < 4) return false;
  size_t end = start;
  while (end > 0 && (is_space(text[end - 1]) || text[end - 1] == '"' || text[end - 1] == '\''))
    --end;
  if (end > 0 && (text[end - 1] == ':' || text[end - 1] == '=')) {
    const size_t word_end = end - 1;
    for (const std::string_view word : kPasswordWords) {
      if (word_end >= word.size() && word_before(text, word_end, word.size(), {word})) return true;
    }
    return false;
  }
  const bool mixed = token.size() >= 6 && mix.digits > 0 && letters > 0;
  return mixed && word_before(text, start, 14, kPasswordWords);
}

void find_private_keys(std::string_view text, Finds& finds) {
  constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ";
  for (size_t i = text.find(kBegin); i != std::string_view::npos; i = text.find(kBegin, i + 1)) {
    if (text.substr(i, 60).find("PRIVATE KEY") == std::string_view::npos) continue;
    size_t end = text.find(kEnd, i);
    if (end != std::string_view::npos) end = text.find("-----", end + kEnd.size());
    end = end == std::string_view::npos ? text.size() : end + 5;
    finds.push_back({i, end, Kind::kKey});
    i = end - 1;
  }
}

}  // namespace

void find_keys(std::string_view text, Finds& finds) {
  find_private_keys(text, finds);
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_token(text[i])) continue;
    size_t end = i;
    // An assignment ends a name: what is after it is looked at by itself.
    while (end < text.size() && is_token(text[end]) &&
           !(text[end] == '=' && is_word(at(text, end + 1))))
      ++end;
    size_t stop = end;
    while (stop > i && (text[stop - 1] == '.' || text[stop - 1] == '-')) --stop;
    std::string_view token = text.substr(i, stop - i);
    // A password may hold any sign up to the next space.
    if (token.size() >= 4 &&
        (has_known_prefix(token) || is_web_token(token) || is_random_looking(token))) {
      finds.push_back({i, stop, Kind::kKey});
    } else if (token.size() >= 4 && is_secret(text, i, token)) {
      while (stop < text.size() && !is_space(text[stop]) &&
             std::string_view("\"',;)<>").find(text[stop]) == std::string_view::npos)
        ++stop;
      finds.push_back({i, stop, Kind::kKey});
      end = std::max(end, stop);
    }
    i = end;
  }
}

}  // namespace pawl::pii

#include "text/tokenizer_file.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/msgpack.h"

namespace pawl {
namespace {

// spaCy's ids of the two attributes that a special case may set.
constexpr int64_t kOrthId = 65;
constexpr int64_t kNormId = 67;

struct PatternField {
  const char* key;
  std::string TokenizerRules::* member;
};
constexpr std::array<PatternField, 5> kPatterns = {{
    {"prefix_search", &TokenizerRules::prefix_search},
    {"suffix_search", &TokenizerRules::suffix_search},
    {"infix_finditer", &TokenizerRules::infix_finditer},
    {"token_match", &TokenizerRules::token_match},
    {"url_match", &TokenizerRules::url_match},
}};

bool names(const Msgpack& key, int64_t id, std::string_view upper, std::string_view lower,
           std::string_view old) {
  if (!key.is<std::string>()) return key.as_int() == id;
  const std::string& name = key.as_string();
  return name == upper || name == lower || name == old;
}

TokenizerException::Piece piece_of(const Msgpack& value, const std::string& text) {
  TokenizerException::Piece piece;
  for (const auto& [key, setting] : value.as_map()) {
    if (names(key, kOrthId, "ORTH", "orth", "F")) {
      piece.orth = setting.as_string();
    } else if (names(key, kNormId, "NORM", "norm", "N")) {
      piece.norm = setting.as_string();
    } else {
      throw Error(ErrorKind::kFormat,
                  "exceptions: '" + text + "' sets an attribute other than ORTH and NORM");
    }
  }
  return piece;
}

std::vector<TokenizerException> exceptions_of(const Msgpack& value) {
  std::vector<TokenizerException> out;
  for (const auto& [key, pieces] : value.as_map()) {
    TokenizerException exception;
    exception.text = key.as_string();
    for (const Msgpack& piece : pieces.as_array()) {
      exception.pieces.push_back(piece_of(piece, exception.text));
    }
    out.push_back(std::move(exception));
  }
  return out;
}

template <typename Read>
void reading(const char* key, Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    throw Error(ErrorKind::kFormat, std::string(key) + ": " + error.what());
  }
}

Msgpack exceptions_value(std::vector<TokenizerException> exceptions) {
  std::sort(exceptions.begin(), exceptions.end(),
            [](const auto& a, const auto& b) { return a.text < b.text; });
  Msgpack::Map map;
  for (const auto& exception : exceptions) {
    Msgpack::Array pieces;
    for (const auto& piece : exception.pieces) {
      Msgpack::Map fields;
      fields.emplace_back(Msgpack(kOrthId), Msgpack(piece.orth));
      if (!piece.norm.empty()) fields.emplace_back(Msgpack(kNormId), Msgpack(piece.norm));
      pieces.push_back(Msgpack(std::move(fields)));
    }
    map.emplace_back(Msgpack(exception.text), Msgpack(std::move(pieces)));
  }
  return Msgpack(std::move(map));
}

}  // namespace

TokenizerRules parse_tokenizer_file(std::string_view bytes) {
  const Msgpack file = parse_msgpack(bytes);
  if (!file.is<Msgpack::Map>() || !file.find("prefix_search")) {
    throw Error(ErrorKind::kUnsupported,
                "this is not the file of spaCy's rule tokenizer; pipelines with another tokenizer "
                "(Chinese, Japanese, Korean, Thai, Vietnamese) cannot be used");
  }
  TokenizerRules rules;
  for (const auto& [key, member] : kPatterns) {
    const Msgpack* value = file.find(key);
    if (value && !value->is_null()) {
      reading(key, [&] { rules.*member = value->as_string(); });
    }
  }
  if (const Msgpack* value = file.find("exceptions"); value && !value->is_null()) {
    reading("exceptions", [&] { rules.exceptions = exceptions_of(*value); });
  }
  if (const Msgpack* value = file.find("faster_heuristics")) {
    reading("faster_heuristics", [&] { rules.faster_heuristics = value->as_bool(); });
  }
  return rules;
}

std::string tokenizer_file_bytes(const TokenizerRules& rules) {
  Msgpack::Map map;
  for (const auto& [key, member] : kPatterns) {
    const std::string& pattern = rules.*member;
    map.emplace_back(Msgpack(key), pattern.empty() ? Msgpack() : Msgpack(pattern));
  }
  map.emplace_back(Msgpack("exceptions"), exceptions_value(rules.exceptions));
  map.emplace_back(Msgpack("faster_heuristics"), Msgpack(rules.faster_heuristics));
  return to_msgpack(Msgpack(std::move(map)));
}

}  // namespace pawl

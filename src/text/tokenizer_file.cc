#include "text/tokenizer_file.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/msgpack_cursor.h"

namespace pawl {
namespace {

// spaCy's ids of the two attributes that a special case may set.
constexpr int64_t kOrthId = 65;
constexpr int64_t kNormId = 67;

struct PatternField {
  std::string_view key;
  std::string TokenizerRules::* member;
};
constexpr std::array<PatternField, 5> kPatterns = {{
    {"prefix_search", &TokenizerRules::prefix_search},
    {"suffix_search", &TokenizerRules::suffix_search},
    {"infix_finditer", &TokenizerRules::infix_finditer},
    {"token_match", &TokenizerRules::token_match},
    {"url_match", &TokenizerRules::url_match},
}};

// Whether the next key, which is read, is one of the attribute's names or its number.
struct AttributeKey {
  int64_t id;
  std::string_view upper, lower, old;
};
constexpr AttributeKey kOrth = {kOrthId, "ORTH", "orth", "F"};
constexpr AttributeKey kNorm = {kNormId, "NORM", "norm", "N"};

const AttributeKey* read_attribute(MsgpackCursor& cursor) {
  if (!cursor.next_is_string()) {
    const int64_t id = cursor.read_value().as_int();
    return id == kOrth.id ? &kOrth : id == kNorm.id ? &kNorm : nullptr;
  }
  const std::string_view name = cursor.read_text();
  for (const AttributeKey* key : {&kOrth, &kNorm}) {
    if (name == key->upper || name == key->lower || name == key->old) return key;
  }
  return nullptr;
}

TokenizerException::Piece read_piece(MsgpackCursor& cursor, const std::string& text) {
  TokenizerException::Piece piece;
  for (size_t left = cursor.read_map(); left > 0; --left) {
    const AttributeKey* key = read_attribute(cursor);
    if (key == nullptr) {
      throw Error(ErrorKind::kFormat,
                  "exceptions: '" + text + "' sets an attribute other than ORTH and NORM");
    }
    (key == &kOrth ? piece.orth : piece.norm) = cursor.read_text();
  }
  return piece;
}

std::vector<TokenizerException> read_exceptions(MsgpackCursor& cursor) {
  std::vector<TokenizerException> out;
  for (size_t left = cursor.read_map(); left > 0; --left) {
    TokenizerException exception;
    exception.text = cursor.read_text();
    for (size_t pieces = cursor.read_array(); pieces > 0; --pieces)
      exception.pieces.push_back(read_piece(cursor, exception.text));
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
  TokenizerRules rules;
  MsgpackCursor cursor(bytes);
  bool has_prefixes = false;
  for (size_t left = cursor.next_is_map() ? cursor.read_map() : 0; left > 0; --left) {
    const std::string key(cursor.read_bytes());
    has_prefixes = has_prefixes || key == "prefix_search";
    const auto* pattern = std::ranges::find(kPatterns, key, &PatternField::key);
    reading(key.c_str(), [&] {
      if (cursor.next_is_null()) {
        cursor.skip();
      } else if (pattern != kPatterns.end()) {
        rules.*pattern->member = cursor.read_text();
      } else if (key == "exceptions") {
        rules.exceptions = read_exceptions(cursor);
      } else if (key == "faster_heuristics") {
        rules.faster_heuristics = cursor.read_value().as_bool();
      } else {
        cursor.skip();
      }
    });
  }
  if (!has_prefixes) {
    throw Error(ErrorKind::kUnsupported,
                "this is not the file of spaCy's rule tokenizer; pipelines with another tokenizer "
                "(Chinese, Japanese, Korean, Thai, Vietnamese) cannot be used");
  }
  cursor.expect_end();
  return rules;
}

std::string tokenizer_file_bytes(const TokenizerRules& rules) {
  Msgpack::Map map;
  for (const auto& [key, member] : kPatterns) {
    const std::string& pattern = rules.*member;
    map.emplace_back(Msgpack(std::string(key)), pattern.empty() ? Msgpack() : Msgpack(pattern));
  }
  map.emplace_back(Msgpack("exceptions"), exceptions_value(rules.exceptions));
  map.emplace_back(Msgpack("faster_heuristics"), Msgpack(rules.faster_heuristics));
  return to_msgpack(Msgpack(std::move(map)));
}

}  // namespace pawl

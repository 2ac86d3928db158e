#include <optional>

#include "base/error.h"
#include "base/json_strings.h"
#include "base/utf8.h"
#include "base/within.h"
#include "text/wordpiece.h"

namespace pawl {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kFormat, what);
}

void check_file(std::string_view text, const WordPieceLimits& limits) {
  if (text.size() > limits.max_bytes) {
    fail("the vocabulary has " + std::to_string(text.size()) + " bytes, above " +
         std::to_string(limits.max_bytes));
  }
  if (const size_t bad = utf8::find_invalid(text); bad != utf8::kValid) {
    fail("the vocabulary is not UTF-8 at byte " + std::to_string(bad));
  }
}

void check_token(std::string_view token, size_t id, const WordPieceLimits& limits) {
  const std::string where = "token " + std::to_string(id) + " of the vocabulary ";
  if (id >= limits.max_tokens) fail(where + "is one too many");
  if (token.empty()) fail(where + "is empty");
  if (token.size() > limits.max_token_bytes) fail(where + "is too long");
  if (token.find_first_of("\r\n") != std::string_view::npos) fail(where + "holds a line break");
}

// Every key of `json` has the value wanted here, or is absent.
void require(const Json& json, const char* part, const char* key, const Json& wanted) {
  const Json* value = json.find(key);
  if (value != nullptr && !(*value == wanted)) {
    throw Error(ErrorKind::kUnsupported, std::string("tokenizer.json: '") + key + "' of " + part +
                                             " is not " + to_json(wanted) +
                                             ", the only one supported");
  }
}

const Json& part_of_type(const Json& root, const char* part, const char* type) {
  const Json& json = root.at(part);
  if (!json.is_object() || json.find("type") == nullptr || !(json.at("type") == Json(type))) {
    throw Error(ErrorKind::kUnsupported, std::string("tokenizer.json: the ") + part + " is not a " +
                                             type + ", the only one supported");
  }
  return json;
}

bool flag(const Json& json, const char* key, bool absent) {
  const Json* value = json.find(key);
  return value == nullptr || value->is_null() ? absent
                                              : within(key, [&] { return value->as_bool(); });
}

WordPieceNormalization read_normalization(const Json& json) {
  WordPieceNormalization out;
  out.clean_text = flag(json, "clean_text", true);
  out.handle_chinese_chars = flag(json, "handle_chinese_chars", true);
  out.lowercase = flag(json, "lowercase", true);
  out.strip_accents = flag(json, "strip_accents", out.lowercase);
  return out;
}

std::vector<std::string> read_special(const Json& added) {
  std::vector<std::string> out;
  for (const Json& token : added.as_array()) {
    require(token, "an added token", "special", true);
    for (const char* key : {"normalized", "single_word", "lstrip", "rstrip"}) {
      require(token, "an added token", key, false);
    }
    out.push_back(token.at("content").as_string());
  }
  return out;
}

std::vector<std::string> read_tokens(const Json& vocabulary, const WordPieceLimits& limits) {
  const Json::Object& entries = vocabulary.as_object();
  std::vector<std::optional<std::string>> slots(entries.size());
  for (const auto& [token, id] : entries) {
    if (!id.is_integer() || id.as_int() < 0 || id.as_uint() >= slots.size() ||
        slots[id.as_uint()].has_value()) {
      fail("tokenizer.json: the id of '" + token + "' leaves a gap or is taken");
    }
    check_token(token, id.as_uint(), limits);
    slots[id.as_uint()] = token;
  }
  std::vector<std::string> out;
  out.reserve(slots.size());
  for (auto& slot : slots) out.push_back(std::move(*slot));
  return out;
}

// [CLS] and [SEP] may have other names: those of a TemplateProcessing with one text between them.
void read_template(const Json& root, WordPieceOptions& options) {
  const Json* post = root.find("post_processor");
  if (post == nullptr || !post->is_object() || post->find("single") == nullptr) return;
  const Json::Array& single = post->at("single").as_array();
  if (single.size() != 3 || single[1].find("Sequence") == nullptr) {
    throw Error(ErrorKind::kUnsupported,
                "tokenizer.json: the post_processor does not put one token before and one behind");
  }
  options.begin = single[0].at("SpecialToken").at("id").as_string();
  options.end = single[2].at("SpecialToken").at("id").as_string();
}

}  // namespace

WordPiece WordPiece::from_vocabulary(std::string_view text, WordPieceOptions options,
                                     const WordPieceLimits& limits) {
  check_file(text, limits);
  std::vector<std::string> tokens;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    check_token(line, tokens.size(), limits);
    tokens.emplace_back(line);
  }
  return WordPiece(std::move(tokens), std::move(options));
}

WordPiece WordPiece::from_tokenizer_json(std::string_view text, const WordPieceLimits& limits) {
  check_file(text, limits);
  try {
    const Json root = parse_json(text, {.max_bytes = limits.max_bytes, .max_depth = 16});
    const Json& model = part_of_type(root, "model", "WordPiece");
    part_of_type(root, "pre_tokenizer", "BertPreTokenizer");
    WordPieceOptions options;
    options.normalization = read_normalization(part_of_type(root, "normalizer", "BertNormalizer"));
    options.unknown = model.at("unk_token").as_string();
    options.continuation = model.at("continuing_subword_prefix").as_string();
    options.max_word_characters = model.at("max_input_chars_per_word").as_uint();
    if (const Json* added = root.find("added_tokens")) options.special = read_special(*added);
    read_template(root, options);
    return WordPiece(read_tokens(model.at("vocab"), limits), std::move(options));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kUnsupported) throw;
    const std::string_view what = error.what();
    fail((what.starts_with("tokenizer.json") ? "" : "tokenizer.json: ") + std::string(what));
  }
}

Json to_json(const WordPieceOptions& options) {
  Json special = Json::array();
  for (const std::string& token : options.special) special.push_back(token);
  Json out = Json::object();
  out["clean_text"] = options.normalization.clean_text;
  out["handle_chinese_chars"] = options.normalization.handle_chinese_chars;
  out["strip_accents"] = options.normalization.strip_accents;
  out["lowercase"] = options.normalization.lowercase;
  out["unknown"] = options.unknown;
  out["begin"] = options.begin;
  out["end"] = options.end;
  out["continuation"] = options.continuation;
  out["max_word_characters"] = uint64_t{options.max_word_characters};
  out["special"] = std::move(special);
  return out;
}

namespace {

std::string read_text(const Json& json, const char* key) {
  return within(key, [&] { return json.at(key).as_string(); });
}

}  // namespace

WordPieceOptions read_wordpiece_options(const Json& json) {
  WordPieceOptions out;
  try {
    out.normalization = read_normalization(json);
    out.unknown = read_text(json, "unknown");
    out.begin = read_text(json, "begin");
    out.end = read_text(json, "end");
    out.continuation = read_text(json, "continuation");
    out.max_word_characters =
        within("max_word_characters", [&] { return json.at("max_word_characters").as_uint(); });
    out.special = within("special", [&] { return strings_from_json(json.at("special")); });
  } catch (const Error& error) {
    fail(std::string("tokenizer: ") + error.what());
  }
  return out;
}

}  // namespace pawl

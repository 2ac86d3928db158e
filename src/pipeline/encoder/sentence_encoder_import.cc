#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/folder_writer.h"
#include "base/hash.h"
#include "base/rng.h"
#include "base/within.h"
#include "pipeline/encoder/sentence_encoder.h"
#include "pipeline/encoder/sentence_encoder_files.h"

namespace pawl {

namespace files = encoder_files;

namespace {

bool holds_model(Env& env, const Path& folder) {
  return env.is_directory(folder) && env.exists(folder / files::kConfig) &&
         env.exists(folder / files::kWeights);
}

std::optional<Path> find_below(Env& env, const Path& path) {
  if (holds_model(env, path)) return path;
  if (!env.is_directory(path)) return {};
  std::optional<Path> found;
  for (const std::string& name : env.list_directory(path)) {
    if (!holds_model(env, path / name)) continue;
    if (found) {
      throw Error(ErrorKind::kInvalidInput,
                  path.string() + ": holds more than one encoder; name the folder of one");
    }
    found = path / name;
  }
  return found;
}

Json read_json(Env& env, const Path& file) {
  const std::string text = env.read_file(file, {.max_bytes = files::kMaxJsonBytes});
  return within(file, [&] { return parse_json(text, {.max_depth = 32}); });
}

std::optional<Json> read_json_if_there(Env& env, const Path& file) {
  if (!env.exists(file)) return {};
  return read_json(env, file);
}

[[noreturn]] void unsupported(const std::string& what) {
  throw Error(ErrorKind::kUnsupported, what);
}

// Folder names in modules.json come from outside: one plain name below the model's folder.
Path module_folder(const std::string& name) {
  if (name.empty()) return {};
  const Path path(name);
  if (path.is_absolute() || path.has_parent_path() || name == "." || name == "..") {
    throw Error(ErrorKind::kFormat, "the path '" + name + "' leads elsewhere");
  }
  return path;
}

void check_pooling(const Json& pooling) {
  for (const auto& [key, value] : pooling.as_object()) {
    if (!key.starts_with("pooling_mode")) continue;
    const bool is_mean = key == "pooling_mode_mean_tokens";
    const bool fine = value.is_bool() ? value.as_bool() == is_mean : value == Json("mean");
    if (!fine) unsupported("'" + key + "': only the mean over the tokens is supported");
  }
}

void check_modules(Env& env, const Path& source) {
  const Path file = source / "modules.json";
  const std::optional<Json> modules = read_json_if_there(env, file);
  if (!modules) return;
  within(file, [&] {
    for (const Json& module : modules->as_array()) {
      const std::string& type = module.at("type").as_string();
      const std::string kind = type.substr(type.rfind('.') + 1);
      if (kind == "Pooling") {
        const Path path = source / module_folder(module.at("path").as_string()) / files::kConfig;
        const Json pooling = read_json(env, path);
        within(path, [&] { check_pooling(pooling); });
      } else if (kind != "Transformer" && kind != "Normalize") {
        unsupported("the module '" + kind + "' is not supported");
      }
    }
  });
}

size_t read_window(Env& env, const Path& source, const nn::BertConfig& bert) {
  const Path file = source / "sentence_bert_config.json";
  const std::optional<Json> config = read_json_if_there(env, file);
  size_t window = bert.positions;
  if (config) {
    within(file, [&] {
      const Json* given = config->find("max_seq_length");
      if (given != nullptr && !given->is_null())
        window = std::min<size_t>(window, given->as_uint());
    });
  }
  if (window < files::kSmallestWindow) {
    throw Error(ErrorKind::kFormat, file.string() + ": 'max_seq_length' leaves no room for a text");
  }
  return window;
}

WordPiece read_vocabulary(Env& env, const Path& source) {
  const Path file = source / files::kVocabulary;
  WordPieceOptions options;
  if (const auto config = read_json_if_there(env, source / "tokenizer_config.json")) {
    const auto flag = [&](const char* key, bool absent) {
      const Json* value = config->find(key);
      return value == nullptr || !value->is_bool() ? absent : value->as_bool();
    };
    options.normalization.lowercase = flag("do_lower_case", true);
    options.normalization.strip_accents = flag("strip_accents", options.normalization.lowercase);
    options.normalization.handle_chinese_chars = flag("tokenize_chinese_chars", true);
  }
  const std::string text = env.read_file(file, {.max_bytes = WordPieceLimits{}.max_bytes});
  return within(file, [&] { return WordPiece::from_vocabulary(text, std::move(options)); });
}

WordPiece read_tokenizer(Env& env, const Path& source) {
  const Path file = source / "tokenizer.json";
  if (!env.exists(file)) return read_vocabulary(env, source);
  const std::string text = env.read_file(file, {.max_bytes = WordPieceLimits{}.max_bytes});
  return within(source, [&] { return WordPiece::from_tokenizer_json(text); });
}

// Sequences as texts of a few words give them: random tokens of the vocabulary.
struct Calibration {
  std::vector<uint32_t> ids, lengths;

  Calibration(const WordPiece& tokenizer, size_t window) {
    constexpr size_t kSequences = 64;
    constexpr size_t kPieces = 12;
    Rng rng(1);
    const size_t pieces = std::min(kPieces, window - 2);
    for (size_t i = 0; i < kSequences; ++i) {
      ids.push_back(tokenizer.begin());
      for (size_t k = 0; k < pieces; ++k) {
        ids.push_back(static_cast<uint32_t>(rng.below(tokenizer.size())));
      }
      ids.push_back(tokenizer.end());
      lengths.push_back(static_cast<uint32_t>(pieces + 2));
    }
  }
};

std::string convert_weights(Env& env, const Path& source, const files::Config& config,
                            const Calibration& calibration) {
  const Path file = source / files::kWeights;
  const std::string bytes = env.read_file(file, {.max_bytes = files::kMaxWeightBytes});
  return within(file, [&] {
    SafetensorsWriter out;
    nn::convert_bert(config.bert, Safetensors(bytes), config.precision,
                     {calibration.ids, calibration.lengths}, out);
    return out.finish();
  });
}

// Nothing but an encoder is ever replaced.
void check_destination(Env& env, const Path& destination, bool replace) {
  if (!env.exists(destination)) return;
  if (env.is_directory(destination) && env.list_directory(destination).empty()) return;
  if (replace) {
    SentenceEncoder::load(env, destination);
    return;
  }
  throw Error(ErrorKind::kInvalidInput,
              destination.string() + ": is there already; remove it or name another folder");
}

}  // namespace

Path find_encoder_source(Env& env, const Path& path, std::span<const Path> site_folders) {
  if (const auto found = find_below(env, path)) return *found;
  std::string package = path.string();
  std::ranges::replace(package, '-', '_');
  const bool is_name = path.is_relative() && !path.has_parent_path() && !package.starts_with('.');
  std::string looked;
  for (const Path& folder : site_folders) {
    if (!is_name) break;
    if (const auto found = find_below(env, folder / package)) return *found;
    looked += (looked.empty() ? " and as a package in " : ", ") + folder.string();
  }
  throw Error(ErrorKind::kNotFound,
              path.string() +
                  ": no encoder there (a folder with config.json and model.safetensors)" +
                  (looked.empty() ? "" : "; looked there" + looked));
}

void import_encoder(Env& env, const Path& source, const Path& destination, nn::Precision precision,
                    bool replace) {
  check_destination(env, destination, replace);
  check_modules(env, source);
  files::Config config;
  config.precision = precision;
  const Path file = source / files::kConfig;
  const Json model = read_json(env, file);
  config.bert = within(file, [&] { return nn::read_bert_config(model); });
  config.window = read_window(env, source, config.bert);
  const WordPiece tokenizer = read_tokenizer(env, source);
  if (tokenizer.size() > config.bert.vocabulary) {
    throw Error(ErrorKind::kFormat, source.string() + ": the vocabulary has " +
                                        std::to_string(tokenizer.size()) + " tokens, the model " +
                                        std::to_string(config.bert.vocabulary));
  }
  config.tokenizer = tokenizer.options();
  const std::string vocabulary = tokenizer.vocabulary();
  const std::string weights =
      convert_weights(env, source, config, Calibration(tokenizer, config.window));
  config.vocabulary_digest = blake2b_hex(vocabulary);
  config.weights_digest = blake2b_hex(weights);
  write_folder_atomically(env, destination,
                          [&](const Path& folder) {
                            env.write_file(folder / files::kVocabulary, vocabulary, false);
                            env.write_file(folder / files::kWeights, weights, false);
                            env.write_file(folder / files::kConfig, files::write_config(config),
                                           false);
                          },
                          {.replace = replace});
}

}  // namespace pawl

#include "pipeline/encoder/sentence_encoder_files.h"

#include "base/within.h"

namespace pawl::encoder_files {

std::string write_config(const Config& config) {
  Json files = Json::object();
  files[kVocabulary] = config.vocabulary_digest;
  files[kWeights] = config.weights_digest;
  Json out = Json::object();
  out["format"] = kFormat;
  out["version"] = kVersion;
  out["precision"] = nn::precision_name(config.precision);
  out["window"] = uint64_t{config.window};
  out["model"] = nn::to_json(config.bert);
  out["tokenizer"] = to_json(config.tokenizer);
  out["blake2b"] = std::move(files);
  return to_json(out, {.indent = 2}) + "\n";
}

Config read_config(std::string_view text) {
  const Json json = parse_json(text, {.max_bytes = kMaxJsonBytes, .max_depth = 8});
  if (!json.is_object() || json.find("format") == nullptr ||
      !(json.at("format") == Json(kFormat))) {
    throw Error(ErrorKind::kFormat,
                "is not the configuration of a sentence encoder that pawl imported");
  }
  if (!(json.at("version") == Json(kVersion))) {
    throw Error(ErrorKind::kUnsupported, "has another version than " + std::to_string(kVersion) +
                                             "; import the encoder again with this pawl");
  }
  Config out;
  out.precision =
      within("precision", [&] { return nn::parse_precision(json.at("precision").as_string()); });
  out.bert = within("model", [&] { return nn::read_bert_config(json.at("model")); });
  out.window = within("window", [&] { return json.at("window").as_uint(); });
  if (out.window < kSmallestWindow || out.window > out.bert.positions) {
    throw Error(ErrorKind::kFormat,
                "'window' must be from 3 to " + std::to_string(out.bert.positions));
  }
  out.tokenizer = read_wordpiece_options(json.at("tokenizer"));
  const auto digest = [&](const char* file) {
    return within("blake2b", [&] {
      const Json& digests = json.at("blake2b");
      return within(file, [&] { return digests.at(file).as_string(); });
    });
  };
  out.vocabulary_digest = digest(kVocabulary);
  out.weights_digest = digest(kWeights);
  return out;
}

}  // namespace pawl::encoder_files

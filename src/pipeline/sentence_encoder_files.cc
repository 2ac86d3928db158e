#include "pipeline/sentence_encoder_files.h"

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
  out.precision = nn::parse_precision(json.at("precision").as_string());
  out.bert = nn::read_bert_config(json.at("model"));
  out.window = json.at("window").as_uint();
  if (out.window < kSmallestWindow || out.window > out.bert.positions) {
    throw Error(ErrorKind::kFormat,
                "'window' must be from 3 to " + std::to_string(out.bert.positions));
  }
  out.tokenizer = read_wordpiece_options(json.at("tokenizer"));
  out.vocabulary_digest = json.at("blake2b").at(kVocabulary).as_string();
  out.weights_digest = json.at("blake2b").at(kWeights).as_string();
  return out;
}

}  // namespace pawl::encoder_files

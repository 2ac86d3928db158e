#include "nn/bert_config.h"

#include <array>
#include <string>

#include "base/error.h"

namespace pawl::nn {

namespace {

[[noreturn]] void fail(ErrorKind kind, const std::string& what) {
  throw Error(kind, what);
}

size_t read_size(const Json& config, const char* key, size_t most) {
  const Json* value = config.find(key);
  if (value == nullptr) fail(ErrorKind::kFormat, std::string("the key '") + key + "' is missing");
  if (!value->is_integer() || value->as_int() < 1 || value->as_uint() > most) {
    fail(ErrorKind::kFormat,
         std::string("'") + key + "' must be a whole number from 1 to " + std::to_string(most));
  }
  return value->as_uint();
}

// A key may be absent or must have the one value that is computed here.
void require(const Json& config, const char* key, std::string_view wanted) {
  const Json* value = config.find(key);
  if (value == nullptr || value->is_null()) return;
  if (!value->is_string() || value->as_string() != wanted) {
    fail(ErrorKind::kUnsupported,
         std::string("'") + key + "' is not '" + std::string(wanted) + "', the only one supported");
  }
}

void refuse_when_set(const Json& config, const char* key) {
  const Json* value = config.find(key);
  if (value != nullptr && !value->is_null() && *value != Json(false)) {
    fail(ErrorKind::kUnsupported, std::string("'") + key + "' is not supported");
  }
}

}  // namespace

std::string_view precision_name(Precision precision) {
  return precision == Precision::kInt8 ? "int8" : "float32";
}

Precision parse_precision(std::string_view name) {
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    if (name == precision_name(precision)) return precision;
  }
  throw Error(ErrorKind::kInvalidInput,
              "'" + std::string(name) + "' is no precision; choose float32 or int8");
}

BertConfig read_bert_config(const Json& config) {
  if (!config.is_object()) fail(ErrorKind::kFormat, "is no JSON object");
  require(config, "model_type", "bert");
  require(config, "hidden_act", "gelu");
  require(config, "position_embedding_type", "absolute");
  refuse_when_set(config, "is_decoder");
  refuse_when_set(config, "add_cross_attention");
  BertConfig out;
  out.layers = read_size(config, "num_hidden_layers", 64);
  out.hidden = read_size(config, "hidden_size", 8192);
  out.heads = read_size(config, "num_attention_heads", 256);
  out.intermediate = read_size(config, "intermediate_size", 65536);
  out.vocabulary = read_size(config, "vocab_size", 1 << 20);
  out.positions = read_size(config, "max_position_embeddings", 1 << 14);
  out.types = read_size(config, "type_vocab_size", 64);
  if (out.hidden % out.heads != 0) {
    fail(ErrorKind::kFormat, "'hidden_size' is not a multiple of 'num_attention_heads'");
  }
  if (const Json* eps = config.find("layer_norm_eps"); eps != nullptr) {
    if (!eps->is_number() || !(eps->as_double() >= 0.0 && eps->as_double() < 1.0)) {
      fail(ErrorKind::kFormat, "'layer_norm_eps' must be a number from 0 to below 1");
    }
    out.eps = eps->as_double();
  }
  return out;
}

Json to_json(const BertConfig& config) {
  Json out = Json::object();
  out["model_type"] = "bert";
  out["hidden_act"] = "gelu";
  out["position_embedding_type"] = "absolute";
  out["num_hidden_layers"] = uint64_t{config.layers};
  out["hidden_size"] = uint64_t{config.hidden};
  out["num_attention_heads"] = uint64_t{config.heads};
  out["intermediate_size"] = uint64_t{config.intermediate};
  out["vocab_size"] = uint64_t{config.vocabulary};
  out["max_position_embeddings"] = uint64_t{config.positions};
  out["type_vocab_size"] = uint64_t{config.types};
  out["layer_norm_eps"] = config.eps;
  return out;
}

}  // namespace pawl::nn

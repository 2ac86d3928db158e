#include "http/gateway/embeddings.h"

#include "base/error.h"
#include "pipeline/encoder/sentence_encoder.h"
#include "pipeline/encoder/sentence_vectors.h"

namespace pawl::http {
namespace {

constexpr size_t kMaxTexts = 2048;

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorKind::kInvalidInput, what);
}

std::vector<std::string> texts_of(const Json& body) {
  const Json* input = body.is_object() ? body.find("input") : nullptr;
  if (input == nullptr) fail("\"input\" must be a text or a list of texts");
  if (input->is_string()) return {input->as_string()};
  if (!input->is_array() || input->as_array().empty() || input->as_array().size() > kMaxTexts)
    fail("\"input\" must be a text or a list of 1 to 2048 texts");
  std::vector<std::string> texts;
  for (const Json& text : input->as_array()) {
    if (!text.is_string())
      fail("\"input\" must hold texts; numbers of tokens are not understood here");
    texts.push_back(text.as_string());
  }
  return texts;
}

std::string base64(std::string_view bytes) {
  constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](size_t at) -> uint32_t {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
    };
    const uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (size_t k = 0; k < 4; ++k)
      out += i + k > bytes.size() ? '=' : kLetters[group >> (18 - 6 * k) & 63];
  }
  return out;
}

Json vector_of(std::span<const float> row, bool packed) {
  if (packed)
    return base64({reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float)});
  Json values = Json::array();
  for (const float value : row) values.push_back(static_cast<double>(value));
  return values;
}

std::shared_ptr<const SentenceEncoder> encoder_of(const Language* nlp) {
  if (nlp != nullptr) {
    for (const std::string& name : nlp->pipe_names()) {
      const auto* source = dynamic_cast<const SentenceVectorsUpstream*>(nlp->find(name));
      if (source != nullptr && source->vectors() != nullptr &&
          source->vectors()->encoder() != nullptr)
        return source->vectors()->encoder();
    }
  }
  throw Error(ErrorKind::kUnsupported,
              "this workspace has no sentence encoder; 'pawl encoder import' brings one");
}

}  // namespace

Json embeddings(service::Engine& engine, const std::string& tenant, const Json& body) {
  const std::vector<std::string> texts = texts_of(body);
  const Json* format = body.find("encoding_format");
  const bool packed = format != nullptr && format->is_string() && format->as_string() == "base64";
  const auto model = engine.live_models().get(tenant);
  const auto encoder = encoder_of(model->nlp.get());
  const Matrix rows = encoder->encode(texts);
  Json data = Json::array();
  size_t bytes = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    bytes += texts[i].size();
    Json item = Json::object();
    item["object"] = "embedding";
    item["index"] = static_cast<uint64_t>(i);
    item["embedding"] = vector_of({rows.row(i), rows.cols()}, packed);
    data.push_back(std::move(item));
  }
  Json usage = Json::object();
  usage["prompt_tokens"] = static_cast<uint64_t>(bytes / 4);
  usage["total_tokens"] = static_cast<uint64_t>(bytes / 4);
  Json out = Json::object();
  out["object"] = "list";
  out["data"] = std::move(data);
  out["model"] = "pawl-encoder";
  out["usage"] = std::move(usage);
  return out;
}

}  // namespace pawl::http

// Answers tests/parity/test_encoder.py: one JSON object a line, "do" says what.
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "pipeline/encoder/sentence_encoder.h"

namespace {

using pawl::Json;

std::map<std::string, std::shared_ptr<const pawl::SentenceEncoder>> encoders;

const pawl::SentenceEncoder& encoder(const Json& request) {
  auto& slot = encoders[request.at("encoder").as_string()];
  if (slot == nullptr)
    slot = pawl::SentenceEncoder::load(pawl::Env::real(), request.at("encoder").as_string());
  return *slot;
}

std::vector<std::string> texts_of(const Json& request) {
  std::vector<std::string> texts;
  for (const Json& text : request.at("texts").as_array()) texts.push_back(text.as_string());
  return texts;
}

Json import(const Json& request) {
  const pawl::Path source =
      pawl::find_encoder_source(pawl::Env::real(), request.at("source").as_string());
  pawl::import_encoder(pawl::Env::real(), source, request.at("destination").as_string(),
                       pawl::nn::parse_precision(request.at("precision").as_string()));
  return Json::object();
}

Json ids(const Json& request) {
  Json rows = Json::array();
  for (const std::string& text : texts_of(request)) {
    Json row = Json::array();
    for (const uint32_t id :
         encoder(request).tokenizer().encode(text, request.at("max_length").as_uint())) {
      row.push_back(uint64_t{id});
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// Rows of float32 as hexadecimal digits: exact and quick to read.
Json hex_rows(const pawl::Matrix& matrix) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(matrix.data());
  static const char* digits = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < matrix.size() * sizeof(float); ++i) {
    out.push_back(digits[bytes[i] >> 4]);
    out.push_back(digits[bytes[i] & 15]);
  }
  return out;
}

Json answer(const Json& request) {
  const std::string& what = request.at("do").as_string();
  if (what == "import") return import(request);
  if (what == "ids") return ids(request);
  const std::vector<std::string> texts = texts_of(request);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  if (what == "encode") return hex_rows(encoder(request).encode(texts));
  if (what == "encode_with_inner") return hex_rows(encoder(request).encode_with_inner(views));
  if (what == "encode_words") return hex_rows(encoder(request).encode_words(views));
  throw pawl::Error(pawl::ErrorKind::kInvalidInput, "unknown request '" + what + "'");
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    Json out = Json::object();
    try {
      out["result"] = answer(pawl::parse_json(line));
    } catch (const pawl::Error& error) {
      out["error"] = error.what();
    }
    std::cout << pawl::to_json(out) << std::endl;
  }
  return 0;
}

// The form of an encoder's folder, for writing and reading.
#pragma once

#include <string>
#include <string_view>

#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "nn/bert.h"
#include "text/wordpiece.h"

namespace pawl::encoder_files {

inline constexpr const char* kConfig = "config.json";
inline constexpr const char* kVocabulary = "vocab.txt";
inline constexpr const char* kWeights = "model.safetensors";
inline constexpr std::string_view kFormat = "pawl-sentence-encoder";
inline constexpr int64_t kVersion = 1;
inline constexpr uint64_t kMaxJsonBytes = uint64_t{64} << 20;
inline constexpr uint64_t kMaxWeightBytes = uint64_t{4} << 30;
inline constexpr size_t kSmallestWindow = 3;

struct Config {
  nn::Precision precision = nn::Precision::kFloat32;
  size_t window = 0;
  nn::BertConfig bert;
  WordPieceOptions tokenizer;
  std::string vocabulary_digest;
  std::string weights_digest;
};

std::string write_config(const Config& config);
Config read_config(std::string_view text);

}  // namespace pawl::encoder_files

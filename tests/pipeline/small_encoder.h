// A sentence encoder of random weights that knows a few words, for tests that need a real one.
#pragma once

#include <memory>
#include <string>

#include "base/env.h"
#include "base/rng.h"
#include "base/safetensors.h"
#include "nn/bert_tensors.h"
#include "pipeline/encoder/sentence_encoder.h"

namespace pawl {

inline const std::vector<std::string>& small_words() {
  static const std::vector<std::string> words = {
      "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "wake", "me",    "at",   "play", "some",
      "will",  "it",    "rain",  "in",    "thing",  "the",  "cat",   "sat",  "on",   "mat",
      "one",   "two",   "three", "four",  "five",   "six",  "seven", "jazz", "rome", "soon"};
  return words;
}

inline nn::BertConfig small_bert(size_t layers, size_t hidden) {
  return {.layers = layers,
          .hidden = hidden,
          .heads = 4,
          .intermediate = 48,
          .vocabulary = small_words().size(),
          .positions = 40,
          .types = 1};
}

inline std::string small_bert_weights(const nn::BertConfig& config) {
  Rng rng(7);
  SafetensorsWriter out;
  for (const nn::BertTensor& tensor : nn::bert_tensors(config)) {
    size_t size = 1;
    for (uint64_t n : tensor.shape) size *= n;
    FloatVector values(size);
    const float centre = tensor.name.ends_with("LayerNorm.weight") ? 1.0f : 0.0f;
    for (float& value : values) value = centre + 0.3f * static_cast<float>(rng.normal());
    out.add_floats(tensor.name, tensor.shape, values.data());
  }
  return out.finish();
}

// Imports it below `folder`, which must exist.
inline Path write_small_encoder(const Path& folder, nn::Precision precision, size_t layers = 4,
                                size_t hidden = 24) {
  Env& env = Env::real();
  const nn::BertConfig config = small_bert(layers, hidden);
  const Path source = folder / "source";
  env.create_directories(source);
  std::string vocabulary;
  for (const std::string& word : small_words()) vocabulary += word + "\n";
  Json json = nn::to_json(config);
  env.write_file(source / "vocab.txt", vocabulary, false);
  env.write_file(source / "config.json", to_json(json), false);
  env.write_file(source / "model.safetensors", small_bert_weights(config), false);
  const Path made = folder / nn::precision_name(precision);
  import_encoder(env, source, made, precision);
  env.remove_all(source);
  return made;
}

}  // namespace pawl

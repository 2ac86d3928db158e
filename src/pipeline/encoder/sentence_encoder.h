// Sentence vectors from a BERT encoder: tokens, hidden states, their mean, divided by its length
// (L2). What sentence-transformers computes for models of Transformer, mean Pooling and Normalize.
//
// A text of more tokens than the model's window is cut into windows one after another, each between
// [CLS] and [SEP]; the mean is taken over all tokens of all windows, of the first kMaxWindows: what
// a text is about is clear by then, and its time stays bounded. A text without tokens (empty,
// blanks, controls) has the vector of [CLS] [SEP], as in sentence-transformers.
//
// On disk an encoder is a folder: config.json (format, version, precision, window, sizes,
// tokenizer, digests of the other files), vocab.txt (one token a line) and model.safetensors
// (float32, or int8 with a scale per row).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "math/matrix.h"
#include "nn/bert.h"
#include "text/wordpiece.h"

namespace pawl {

// Layers trained to take the place of an encoder's from `first` on; the encoder then ends with
// them.
struct TunedLayers {
  size_t first = 0, count = 0;
  nn::Precision precision = nn::Precision::kFloat32;
  std::string weights;  // safetensors, as nn::write_bert_layers writes them
  std::string encoder;  // fingerprint of the encoder they were trained for
  size_t examples = 0;  // given for them, those left out included
};

// Immutable; safe for concurrent use. The vectors of a text are the same, bit for bit, alone and in
// any batch, on one instruction set; between instruction sets they differ by rounding.
class SentenceEncoder {
 public:
  static constexpr size_t kMaxWindows = 16;

  // The folder's files are checked; an encoder of the same fingerprint that somebody in this
  // process holds is given again, so that tenants and generations share one. Throws Error naming
  // file and key: absent (kNotFound), broken or altered (kFormat).
  static std::shared_ptr<const SentenceEncoder> load(Env& env, const Path& folder);
  // This encoder with other upper layers, and a fingerprint of its own. Throws Error(kFormat)
  // naming the tensor.
  std::shared_ptr<const SentenceEncoder> with_layers(const TunedLayers& layers) const;

  size_t width() const { return bert().config().hidden; }
  size_t window() const { return model_->window; }  // tokens, with [CLS] and [SEP]
  nn::Precision precision() const { return model_->precision; }
  const WordPiece& tokenizer() const { return model_->tokenizer; }
  const nn::Bert& bert() const { return model_->bert; }  // without other upper layers
  // Changes whenever vectors may: a digest over weights, vocabulary and settings. For caches.
  const std::string& fingerprint() const { return fingerprint_; }

  // One row for each text. Throws Error(kInvalidInput) naming the text that is not UTF-8.
  Matrix encode(std::span<const std::string> texts) const;
  Matrix encode(std::span<const std::string_view> texts) const;
  std::vector<float> encode(std::string_view text) const;
  // Rows of 2 * width(): what encode() gives, then the mean over the tokens of the mean of the
  // states between the first layer and the last (nn/bert.h), as it is. Word meaning is still more
  // distinct there, which classifiers make use of.
  Matrix encode_with_inner(std::span<const std::string_view> texts) const;
  struct Reader {
    const SentenceEncoder* encoder;
    std::span<const uint32_t> wanted;  // numbers of the texts, ascending
  };
  // What encode_with_inner() gives each reader of the texts he wants. All readers' encoders are
  // akin (asserted): what they have in common is computed once.
  static std::vector<Matrix> encode_together(std::span<const std::string_view> texts,
                                             std::span<const Reader> readers);
  // Whether they differ in upper layers alone.
  bool akin_to(const SentenceEncoder& other) const { return model_ == other.model_; }
  // Rows of 2 * width(): the mean over the tokens of their embeddings, as they go into the first
  // layer, then the greatest value of each. A small part of encode()'s time.
  Matrix encode_words(std::span<const std::string_view> texts) const;
  // Tokens of the text's first window, with [CLS] and [SEP].
  std::vector<uint32_t> first_window(std::string_view text) const;

 private:
  struct Model {
    nn::Bert bert;
    WordPiece tokenizer;
    size_t window;
    nn::Precision precision;
  };
  SentenceEncoder(std::shared_ptr<const Model> model, std::string fingerprint);

  class Batch;
  class SharedBatch;

  template <typename Text>
  Matrix encode_all(std::span<const Text> texts) const;
  std::vector<std::vector<uint32_t>> windows(std::string_view text, size_t number) const;

  std::shared_ptr<const Model> model_;
  std::unique_ptr<const nn::BertLayers> upper_;  // null: the model's own
  std::string fingerprint_;
};

// The folder with config.json and model.safetensors: `path` itself, the one folder below it that
// has them, or the same for the package called `path` in one of `site_folders` (site-packages; '-'
// is read as '_'). Throws Error(kNotFound) saying where it looked.
Path find_encoder_source(Env& env, const Path& path, std::span<const Path> site_folders = {});

// Makes a folder for SentenceEncoder::load out of a model in the form of transformers or
// sentence-transformers: config.json, model.safetensors, tokenizer.json or vocab.txt, and where
// they are there modules.json, the pooling's config.json, sentence_bert_config.json (window) and
// tokenizer_config.json. Nothing is executed. `destination` must not exist or be empty, or,
// with `replace`, be an encoder, which stays until the new one stands; it appears complete or not
// at all. Throws Error naming file and key; kUnsupported for another kind of model.
void import_encoder(Env& env, const Path& source, const Path& destination, nn::Precision precision,
                    bool replace = false);

}  // namespace pawl

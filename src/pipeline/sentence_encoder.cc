#include "pipeline/sentence_encoder.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/hash.h"
#include "math/ops.h"
#include "pipeline/sentence_encoder_files.h"

namespace pawl {

namespace files = encoder_files;

namespace {

// Tokens that are gathered before the model runs, and so the memory a batch of any size takes.
constexpr size_t kTokensAtOnce = 4096;

std::string read_checked(Env& env, const Path& file, uint64_t limit, const std::string& digest) {
  std::string bytes = env.read_file(file, {.max_bytes = limit});
  if (blake2b_hex(bytes) != digest) {
    throw Error(ErrorKind::kFormat,
                file.string() + ": is not the file that was imported; import the encoder again");
  }
  return bytes;
}

void normalize(float* row, size_t width) {
  const double length = std::sqrt(squared_norm(row, width));
  if (length > 0.0) scale(static_cast<float>(1.0 / length), row, width);
}

}  // namespace

SentenceEncoder::SentenceEncoder(nn::Bert bert, WordPiece tokenizer, size_t window,
                                 nn::Precision precision, std::string fingerprint)
    : bert_(std::move(bert)),
      tokenizer_(std::move(tokenizer)),
      window_(window),
      precision_(precision),
      fingerprint_(std::move(fingerprint)) {}

std::shared_ptr<const SentenceEncoder> SentenceEncoder::load(Env& env, const Path& folder) {
  const std::string text =
      env.read_file(folder / files::kConfig, {.max_bytes = files::kMaxJsonBytes});
  files::Config config =
      files::within(folder / files::kConfig, [&] { return files::read_config(text); });
  const Path vocabulary = folder / files::kVocabulary;
  const std::string tokens =
      read_checked(env, vocabulary, WordPieceLimits{}.max_bytes, config.vocabulary_digest);
  WordPiece tokenizer = files::within(vocabulary, [&] {
    WordPiece made = WordPiece::from_vocabulary(tokens, std::move(config.tokenizer));
    if (made.size() > config.bert.vocabulary) {
      throw Error(ErrorKind::kFormat, "has more tokens than the model");
    }
    return made;
  });
  const Path weights = folder / files::kWeights;
  const std::string bytes =
      read_checked(env, weights, files::kMaxWeightBytes, config.weights_digest);
  nn::Bert bert = files::within(
      weights, [&] { return nn::Bert(config.bert, Safetensors(bytes), config.precision); });
  return std::shared_ptr<const SentenceEncoder>(new SentenceEncoder(
      std::move(bert), std::move(tokenizer), config.window, config.precision, blake2b_hex(text)));
}

// Windows of several texts, waiting for the model.
class SentenceEncoder::Batch {
 public:
  // `sums`: as wide as the model's states, or twice as wide with inner states behind.
  Batch(const SentenceEncoder& encoder, Wanted wanted, MatrixView sums)
      : encoder_(encoder), wanted_(wanted), sums_(sums) {}

  void add(std::span<const uint32_t> pieces, size_t row) {
    if (ids_.size() + pieces.size() + 2 > kTokensAtOnce) run();
    ids_.push_back(encoder_.tokenizer_.begin());
    ids_.insert(ids_.end(), pieces.begin(), pieces.end());
    ids_.push_back(encoder_.tokenizer_.end());
    lengths_.push_back(static_cast<uint32_t>(pieces.size() + 2));
    rows_.push_back(row);
  }

  void run() {
    states_.resize(rows_.size(), sums_.cols);
    const size_t width = encoder_.width();
    const MatrixView states(states_.data(), rows_.size(), width, sums_.cols);
    const nn::Sequences sequences{ids_, lengths_};
    if (wanted_ == Wanted::kLast) {
      encoder_.bert_.sum_states(sequences, states);
    } else if (wanted_ == Wanted::kEmbeddings) {
      encoder_.bert_.sum_embeddings(sequences, states);
    } else {
      const MatrixView inner(states_.data() + width, rows_.size(), width, sums_.cols);
      encoder_.bert_.sum_states(sequences, states, inner);
    }
    for (size_t i = 0; i < rows_.size(); ++i) {
      pawl::add(states_.row(i), sums_.row(rows_[i]), sums_.cols);
    }
    ids_.clear();
    lengths_.clear();
    rows_.clear();
  }

 private:
  const SentenceEncoder& encoder_;
  Wanted wanted_;
  MatrixView sums_;
  std::vector<uint32_t> ids_;
  std::vector<uint32_t> lengths_;
  std::vector<size_t> rows_;
  Matrix states_;
};

// How many tokens there were, with [CLS] and [SEP] of each window.
size_t SentenceEncoder::add_windows(std::string_view text, size_t row, Batch& batch) const {
  const std::vector<uint32_t> pieces = tokenizer_.pieces(text);
  const size_t most = window_ - 2;
  std::span<const uint32_t> rest = pieces;
  if (rest.size() > kMaxWindows * most) rest = rest.first(kMaxWindows * most);
  size_t tokens = 0;
  do {
    const size_t n = std::min(rest.size(), most);
    batch.add(rest.first(n), row);
    tokens += n + 2;
    rest = rest.subspan(n);
  } while (!rest.empty());
  return tokens;
}

template <typename Text>
Matrix SentenceEncoder::encode_all(std::span<const Text> texts, Wanted wanted) const {
  Matrix out(texts.size(), wanted == Wanted::kLastAndInner ? 2 * width() : width());
  Batch batch(*this, wanted, out);
  std::vector<size_t> tokens;
  for (size_t i = 0; i < texts.size(); ++i) {
    try {
      tokens.push_back(add_windows(texts[i], i, batch));
    } catch (const Error& error) {
      throw error.within("text " + std::to_string(i));
    }
  }
  batch.run();
  const size_t normalized = wanted == Wanted::kEmbeddings ? 0 : width();
  for (size_t i = 0; i < texts.size(); ++i) {
    normalize(out.row(i), normalized);
    scale(1.0f / static_cast<float>(tokens[i]), out.row(i) + normalized, out.cols() - normalized);
  }
  return out;
}

Matrix SentenceEncoder::encode(std::span<const std::string> texts) const {
  return encode_all(texts, Wanted::kLast);
}

Matrix SentenceEncoder::encode(std::span<const std::string_view> texts) const {
  return encode_all(texts, Wanted::kLast);
}

Matrix SentenceEncoder::encode_with_inner(std::span<const std::string_view> texts) const {
  return encode_all(texts, Wanted::kLastAndInner);
}

Matrix SentenceEncoder::encode_words(std::span<const std::string_view> texts) const {
  return encode_all(texts, Wanted::kEmbeddings);
}

std::vector<float> SentenceEncoder::encode(std::string_view text) const {
  const Matrix row = encode_all(std::span<const std::string_view>(&text, 1), Wanted::kLast);
  return {row.data(), row.data() + row.size()};
}

}  // namespace pawl

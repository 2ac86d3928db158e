#include "pipeline/encoder/sentence_encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

#include "base/error.h"
#include "base/hash.h"
#include "base/within.h"
#include "math/isa.h"
#include "math/ops.h"
#include "pipeline/encoder/sentence_encoder_files.h"

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

// Encoders that somebody holds just now. Kernels lay weights out for the instruction set, so it is
// part of the key.
class HeldEncoders {
 public:
  using Encoder = std::shared_ptr<const SentenceEncoder>;

  Encoder find(const std::string& fingerprint) {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(key(fingerprint));
    return found == held_.end() ? nullptr : found->second.lock();
  }
  // The one that is held already, when another thread was quicker.
  Encoder keep(const Encoder& made) {
    const std::lock_guard lock(mutex_);
    std::erase_if(held_, [](const auto& entry) { return entry.second.expired(); });
    auto& entry = held_[key(made->fingerprint())];
    if (auto known = entry.lock()) return known;
    entry = made;
    return made;
  }

 private:
  static std::string key(const std::string& fingerprint) {
    return fingerprint + " " + std::string(isa_name(active_isa()));
  }
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<const SentenceEncoder>> held_;
};

HeldEncoders& held_encoders() {
  static HeldEncoders held;
  return held;
}

}  // namespace

SentenceEncoder::SentenceEncoder(std::shared_ptr<const Model> model, std::string fingerprint)
    : model_(std::move(model)), fingerprint_(std::move(fingerprint)) {}

std::shared_ptr<const SentenceEncoder> SentenceEncoder::load(Env& env, const Path& folder) {
  const std::string text =
      env.read_file(folder / files::kConfig, {.max_bytes = files::kMaxJsonBytes});
  files::Config config = within(folder / files::kConfig, [&] { return files::read_config(text); });
  const Path vocabulary = folder / files::kVocabulary;
  const std::string tokens =
      read_checked(env, vocabulary, WordPieceLimits{}.max_bytes, config.vocabulary_digest);
  const Path weights = folder / files::kWeights;
  const std::string bytes =
      read_checked(env, weights, files::kMaxWeightBytes, config.weights_digest);
  const std::string fingerprint = blake2b_hex(text);
  if (auto known = held_encoders().find(fingerprint)) return known;
  WordPiece tokenizer = within(vocabulary, [&] {
    WordPiece made = WordPiece::from_vocabulary(tokens, std::move(config.tokenizer));
    if (made.size() > config.bert.vocabulary) {
      throw Error(ErrorKind::kFormat, "has more tokens than the model");
    }
    return made;
  });
  nn::Bert bert =
      within(weights, [&] { return nn::Bert(config.bert, Safetensors(bytes), config.precision); });
  auto model = std::make_shared<const Model>(
      Model{std::move(bert), std::move(tokenizer), config.window, config.precision});
  return held_encoders().keep(
      std::shared_ptr<const SentenceEncoder>(new SentenceEncoder(std::move(model), fingerprint)));
}

std::shared_ptr<const SentenceEncoder> SentenceEncoder::with_layers(
    const TunedLayers& layers) const {
  if (layers.first > bert().config().layers) {
    throw Error(ErrorKind::kFormat, "first: is beyond the encoder's layers");
  }
  auto made = std::shared_ptr<SentenceEncoder>(
      new SentenceEncoder(model_, blake2b_hex(fingerprint_ + blake2b_hex(layers.weights))));
  made->upper_ = std::make_unique<const nn::BertLayers>(
      bert().config(), Safetensors(layers.weights), layers.precision, layers.first, layers.count);
  return made;
}

// Windows of several texts, waiting for the model.
class SentenceEncoder::Batch {
 public:
  // `sums`: as wide as the model's states, or twice as wide with inner states behind.
  Batch(const SentenceEncoder& encoder, MatrixView sums)
      : bert_(encoder.bert()), upper_(encoder.upper_.get()), sums_(sums) {}

  void add(std::span<const uint32_t> window, size_t row) {
    if (ids_.size() + window.size() > kTokensAtOnce) run();
    ids_.insert(ids_.end(), window.begin(), window.end());
    lengths_.push_back(static_cast<uint32_t>(window.size()));
    rows_.push_back(row);
  }

  void run() {
    states_.resize(rows_.size(), sums_.cols);
    const size_t width = bert_.config().hidden;
    const MatrixView last(states_.data(), rows_.size(), width, sums_.cols);
    if (sums_.cols == width) {
      bert_.sum_states({ids_, lengths_}, last, upper_);
    } else {
      const MatrixView inner(states_.data() + width, rows_.size(), width, sums_.cols);
      bert_.sum_states({ids_, lengths_}, last, inner, upper_);
    }
    for (size_t i = 0; i < rows_.size(); ++i) {
      pawl::add(states_.row(i), sums_.row(rows_[i]), sums_.cols);
    }
    ids_.clear();
    lengths_.clear();
    rows_.clear();
  }

 private:
  const nn::Bert& bert_;
  const nn::BertLayers* upper_;
  MatrixView sums_;
  std::vector<uint32_t> ids_;
  std::vector<uint32_t> lengths_;
  std::vector<size_t> rows_;
  Matrix states_;
};

// `number`: of the text, for the error.
std::vector<std::vector<uint32_t>> SentenceEncoder::windows(std::string_view text,
                                                            size_t number) const {
  std::vector<uint32_t> pieces;
  try {
    pieces = tokenizer().pieces(text);
  } catch (const Error& error) {
    throw error.within("text " + std::to_string(number));
  }
  const size_t most = window() - 2;
  std::span<const uint32_t> rest = pieces;
  if (rest.size() > kMaxWindows * most) rest = rest.first(kMaxWindows * most);
  std::vector<std::vector<uint32_t>> windows;
  do {
    const auto part = rest.first(std::min(rest.size(), most));
    auto& window = windows.emplace_back(1, tokenizer().begin());
    window.insert(window.end(), part.begin(), part.end());
    window.push_back(tokenizer().end());
    rest = rest.subspan(part.size());
  } while (!rest.empty());
  return windows;
}

std::vector<uint32_t> SentenceEncoder::first_window(std::string_view text) const {
  return std::move(windows(text, 0).front());
}

template <typename Text>
Matrix SentenceEncoder::encode_all(std::span<const Text> texts, bool with_inner) const {
  Matrix out(texts.size(), with_inner ? 2 * width() : width());
  Batch batch(*this, out);
  std::vector<size_t> tokens(texts.size(), 0);
  for (size_t i = 0; i < texts.size(); ++i) {
    for (const auto& window : windows(texts[i], i)) {
      tokens[i] += window.size();
      batch.add(window, i);
    }
  }
  batch.run();
  for (size_t i = 0; i < texts.size(); ++i) {
    normalize(out.row(i), width());
    if (!with_inner) continue;
    scale(1.0f / static_cast<float>(tokens[i]), out.row(i) + width(), width());
  }
  return out;
}

Matrix SentenceEncoder::encode(std::span<const std::string> texts) const {
  return encode_all(texts);
}

Matrix SentenceEncoder::encode(std::span<const std::string_view> texts) const {
  return encode_all(texts);
}

Matrix SentenceEncoder::encode_with_inner(std::span<const std::string_view> texts) const {
  return encode_all(texts, true);
}

Matrix SentenceEncoder::encode_words(std::span<const std::string_view> texts) const {
  thread_local Matrix states;
  Matrix out(texts.size(), 2 * width());
  for (size_t i = 0; i < texts.size(); ++i) {
    float* mean = out.row(i);
    float* most = mean + width();
    std::fill(most, most + width(), -std::numeric_limits<float>::infinity());
    size_t tokens = 0;
    for (const auto& window : windows(texts[i], i)) {
      const auto length = static_cast<uint32_t>(window.size());
      bert().embed({window, {&length, 1}}, states);
      tokens += window.size();
      for (size_t t = 0; t < window.size(); ++t) {
        pawl::add(states.row(t), mean, width());
        std::transform(most, most + width(), states.row(t), most,
                       [](float a, float b) { return std::max(a, b); });
      }
    }
    scale(1.0f / static_cast<float>(tokens), mean, width());
  }
  return out;
}

std::vector<float> SentenceEncoder::encode(std::string_view text) const {
  const Matrix row = encode_all(std::span<const std::string_view>(&text, 1));
  return {row.data(), row.data() + row.size()};
}

}  // namespace pawl

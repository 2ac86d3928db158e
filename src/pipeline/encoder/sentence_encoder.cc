#include "pipeline/encoder/sentence_encoder.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>

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
    bert_.sum_states({ids_, lengths_}, states_, upper_);
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

// The same for several readers, with inner states behind the last ones.
class SentenceEncoder::SharedBatch {
 public:
  SharedBatch(std::span<const Reader> readers, std::span<Matrix> sums)
      : readers_(readers), sums_(sums), windows_(readers.size()), rows_(readers.size()) {}

  // `rows`: of the window's text, for each reader; kNone for those who do not want it.
  void add(std::span<const uint32_t> window, std::span<const size_t> rows) {
    if (ids_.size() + window.size() > kTokensAtOnce) run();
    for (size_t r = 0; r < readers_.size(); ++r) {
      if (rows[r] == kNone) continue;
      windows_[r].push_back(static_cast<uint32_t>(lengths_.size()));
      rows_[r].push_back(rows[r]);
    }
    ids_.insert(ids_.end(), window.begin(), window.end());
    lengths_.push_back(static_cast<uint32_t>(window.size()));
  }

  void run() {
    const nn::Bert& bert = readers_.front().encoder->bert();
    const size_t width = bert.config().hidden;
    std::vector<Matrix> states(readers_.size());
    std::vector<nn::BertBranch> branches;
    for (size_t r = 0; r < readers_.size(); ++r) {
      const size_t count = windows_[r].size();
      states[r].resize(count, 2 * width);
      branches.push_back({readers_[r].encoder->upper_.get(), windows_[r],
                          MatrixView(states[r].data(), count, width, 2 * width),
                          MatrixView(states[r].data() + width, count, width, 2 * width)});
    }
    bert.sum_states({ids_, lengths_}, branches);
    for (size_t r = 0; r < readers_.size(); ++r) {
      for (size_t i = 0; i < rows_[r].size(); ++i)
        pawl::add(states[r].row(i), sums_[r].row(rows_[r][i]), 2 * width);
      windows_[r].clear();
      rows_[r].clear();
    }
    ids_.clear();
    lengths_.clear();
  }

  static constexpr size_t kNone = static_cast<size_t>(-1);

 private:
  std::span<const Reader> readers_;
  std::span<Matrix> sums_;
  std::vector<uint32_t> ids_, lengths_;
  std::vector<std::vector<uint32_t>> windows_;  // by reader: numbers of those he wants
  std::vector<std::vector<size_t>> rows_;       // and their texts' rows
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
Matrix SentenceEncoder::encode_all(std::span<const Text> texts) const {
  Matrix out(texts.size(), width());
  Batch batch(*this, out);
  for (size_t i = 0; i < texts.size(); ++i) {
    for (const auto& window : windows(texts[i], i)) batch.add(window, i);
  }
  batch.run();
  for (size_t i = 0; i < texts.size(); ++i) normalize(out.row(i), width());
  return out;
}

Matrix SentenceEncoder::encode(std::span<const std::string> texts) const {
  return encode_all(texts);
}

Matrix SentenceEncoder::encode(std::span<const std::string_view> texts) const {
  return encode_all(texts);
}

Matrix SentenceEncoder::encode_with_inner(std::span<const std::string_view> texts) const {
  std::vector<uint32_t> all(texts.size());
  std::iota(all.begin(), all.end(), 0u);
  const Reader reader{this, all};
  return std::move(encode_together(texts, {&reader, 1}).front());
}

std::vector<Matrix> SentenceEncoder::encode_together(std::span<const std::string_view> texts,
                                                     std::span<const Reader> readers) {
  const SentenceEncoder& encoder = *readers.front().encoder;
  const size_t width = encoder.width();
  std::vector<Matrix> out;
  for (const Reader& reader : readers) {
    assert(reader.encoder->akin_to(encoder));
    out.emplace_back(reader.wanted.size(), 2 * width);
  }
  SharedBatch batch(readers, out);
  std::vector<size_t> next(readers.size(), 0), rows(readers.size()), tokens(texts.size(), 0);
  for (size_t i = 0; i < texts.size(); ++i) {
    bool wanted = false;
    for (size_t r = 0; r < readers.size(); ++r) {
      const bool his = next[r] < readers[r].wanted.size() && readers[r].wanted[next[r]] == i;
      rows[r] = his ? next[r]++ : SharedBatch::kNone;
      wanted = wanted || his;
    }
    if (!wanted) continue;
    for (const auto& window : encoder.windows(texts[i], i)) {
      tokens[i] += window.size();
      batch.add(window, rows);
    }
  }
  batch.run();
  for (size_t r = 0; r < readers.size(); ++r) {
    for (size_t row = 0; row < out[r].rows(); ++row) {
      normalize(out[r].row(row), width);
      const auto count = static_cast<float>(tokens[readers[r].wanted[row]]);
      scale(1.0f / count, out[r].row(row) + width, width);
    }
  }
  return out;
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

#include "training/batcher.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace pawl {

namespace {

const Json& need(const Json& config, const char* key, const std::string& where) {
  const Json* value = config.is_object() ? config.find(key) : nullptr;
  if (!value) throw Error(ErrorKind::kFormat, where + "." + key + ": missing");
  return *value;
}

// Fills batches to a number of words; what goes a little over waits in `overflow` for the next
// batch.
class WordBatches {
 public:
  WordBatches(Schedule& size, double tolerance, bool discard)
      : size_(size), tolerance_(tolerance), discard_(discard) {
    next_target();
  }

  void add(uint32_t index, double words) {
    if (words > target_ + slack_) {
      if (!discard_) out_.push_back({index});
    } else if (overflow_words_ == 0 && batch_words_ + words <= target_) {
      put(batch_, batch_words_, index, words);
    } else if (batch_words_ + overflow_words_ + words <= target_ + slack_) {
      put(overflow_, overflow_words_, index, words);
    } else {
      start_next(index, words);
    }
  }

  Batches finish() {
    batch_.insert(batch_.end(), overflow_.begin(), overflow_.end());
    emit();
    return std::move(out_);
  }

 private:
  void next_target() {
    target_ = size_.next();
    slack_ = target_ * tolerance_;
  }

  static void put(std::vector<uint32_t>& to, double& count, uint32_t index, double words) {
    to.push_back(index);
    count += words;
  }

  void emit() {
    if (!batch_.empty()) out_.push_back(std::move(batch_));
    batch_.clear();
  }

  void start_next(uint32_t index, double words) {
    emit();
    next_target();
    batch_ = std::move(overflow_);
    batch_words_ = overflow_words_;
    overflow_.clear();
    overflow_words_ = 0;
    if (batch_words_ + words <= target_) {
      put(batch_, batch_words_, index, words);
    } else if (batch_words_ + words <= target_ + slack_) {
      put(overflow_, overflow_words_, index, words);
    } else {
      emit();
      next_target();
      batch_ = {index};
      batch_words_ = words;
    }
  }

  Schedule& size_;
  double tolerance_;
  bool discard_;
  double target_ = 0, slack_ = 0, batch_words_ = 0, overflow_words_ = 0;
  std::vector<uint32_t> batch_, overflow_;
  Batches out_;
};

}  // namespace

Batcher::Batcher(const Json& config, const std::string& where)
    : kind_(need(config, "@batchers", where).as_string()),
      size_(need(config, "size", where), where + ".size") {
  if (const Json* length = config.find("get_length"); length && !length->is_null()) {
    throw Error(ErrorKind::kUnsupported,
                where + ".get_length: only null (the number of tokens) is supported");
  }
  if (const Json* discard = config.find("discard_oversize")) discard_oversize_ = discard->as_bool();
  if (kind_ == "spacy.batch_by_words.v1") {
    if (const Json* tolerance = config.find("tolerance")) tolerance_ = tolerance->as_double();
  } else if (kind_ == "spacy.batch_by_padded.v1") {
    buffer_ = static_cast<size_t>(std::max<int64_t>(1, need(config, "buffer", where).as_int()));
  } else if (kind_ != "spacy.batch_by_sequence.v1") {
    throw Error(ErrorKind::kUnsupported, where + ".@batchers: pawl has no '" + kind_ + "'");
  }
}

Batches Batcher::cut(std::span<const uint32_t> lengths) {
  if (kind_ == "spacy.batch_by_words.v1") return by_words(lengths);
  if (kind_ == "spacy.batch_by_padded.v1") return by_padded_size(lengths);
  return by_sequence(lengths);
}

Batches Batcher::by_words(std::span<const uint32_t> lengths) {
  WordBatches batches(size_, tolerance_, discard_oversize_);
  for (uint32_t i = 0; i < lengths.size(); ++i) batches.add(i, lengths[i]);
  return batches.finish();
}

Batches Batcher::by_sequence(std::span<const uint32_t> lengths) {
  Batches out;
  for (uint32_t at = 0; at < lengths.size();) {
    const auto size = static_cast<uint32_t>(std::max(1.0, size_.next()));
    std::vector<uint32_t> batch(std::min<size_t>(size, lengths.size() - at));
    std::iota(batch.begin(), batch.end(), at);
    at += static_cast<uint32_t>(batch.size());
    out.push_back(std::move(batch));
  }
  size_.next();  // spaCy asks for one size more before it finds that nothing is left
  return out;
}

Batches Batcher::by_padded_size(std::span<const uint32_t> lengths) {
  Batches out;
  for (size_t at = 0; at < lengths.size(); at += buffer_) {
    std::vector<uint32_t> order(std::min(buffer_, lengths.size() - at));
    std::iota(order.begin(), order.end(), static_cast<uint32_t>(at));
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return lengths[a] < lengths[b]; });
    const double target = size_.next();
    Batches window;
    for (const uint32_t i : order) {
      const bool fits =
          !window.empty() &&
          static_cast<double>(lengths[i]) * static_cast<double>(window.back().size() + 1) <= target;
      if (fits)
        window.back().push_back(i);
      else
        window.push_back({i});
    }
    std::reverse(window.begin(), window.end());
    for (auto& batch : window) {
      std::sort(batch.begin(), batch.end());
      uint32_t longest = 0;
      for (const uint32_t i : batch) longest = std::max(longest, lengths[i]);
      const double padded = static_cast<double>(longest) * static_cast<double>(batch.size());
      if (!discard_oversize_ || padded < target) out.push_back(std::move(batch));
    }
  }
  return out;
}

}  // namespace pawl

#include "training/batcher.h"

#include <algorithm>

#include "base/error.h"

namespace pawl {

class Batcher::Pass {
 public:
  virtual ~Pass() = default;
  virtual void add(uint32_t index, uint32_t length, Batches& out) = 0;
  virtual void finish(Batches& out) = 0;
};

namespace {

const Json& need(const Json& config, const char* key, const std::string& where) {
  const Json* value = config.is_object() ? config.find(key) : nullptr;
  if (!value) throw Error(ErrorKind::kFormat, where + "." + key + ": missing");
  return *value;
}

// Fills batches to a number of words; what goes a little over waits in `overflow` for the next
// batch.
class WordBatches final : public Batcher::Pass {
 public:
  WordBatches(Schedule& size, double tolerance, bool discard)
      : size_(size), tolerance_(tolerance), discard_(discard) {
    next_target();
  }

  void add(uint32_t index, uint32_t length, Batches& out) override {
    const double words = length;
    if (words > target_ + slack_) {
      if (!discard_) out.push_back({index});
    } else if (overflow_words_ == 0 && batch_words_ + words <= target_) {
      put(batch_, batch_words_, index, words);
    } else if (batch_words_ + overflow_words_ + words <= target_ + slack_) {
      put(overflow_, overflow_words_, index, words);
    } else {
      start_next(index, words, out);
    }
  }

  void finish(Batches& out) override {
    batch_.insert(batch_.end(), overflow_.begin(), overflow_.end());
    emit(out);
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

  void emit(Batches& out) {
    if (!batch_.empty()) out.push_back(std::move(batch_));
    batch_.clear();
  }

  void start_next(uint32_t index, double words, Batches& out) {
    emit(out);
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
      emit(out);
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
};

// A number of examples each.
class SequenceBatches final : public Batcher::Pass {
 public:
  explicit SequenceBatches(Schedule& size) : size_(size) { next_target(); }

  void add(uint32_t index, uint32_t /*length*/, Batches& out) override {
    batch_.push_back(index);
    if (batch_.size() < target_) return;
    out.push_back(std::move(batch_));
    batch_.clear();
    next_target();  // spaCy asks for one size more before it finds that nothing is left
  }

  void finish(Batches& out) override {
    if (batch_.empty()) return;
    out.push_back(std::move(batch_));
    next_target();
  }

 private:
  void next_target() { target_ = static_cast<size_t>(std::max(1.0, size_.next())); }

  Schedule& size_;
  size_t target_ = 1;
  std::vector<uint32_t> batch_;
};

// Windows of examples sorted by length, in batches of a padded size.
class PaddedBatches final : public Batcher::Pass {
 public:
  PaddedBatches(Schedule& size, size_t buffer, bool discard)
      : size_(size), buffer_(buffer), discard_(discard) {}

  void add(uint32_t index, uint32_t length, Batches& out) override {
    window_.push_back({length, index});
    if (window_.size() == buffer_) emit(out);
  }
  void finish(Batches& out) override {
    if (!window_.empty()) emit(out);
  }

 private:
  struct Item {
    uint32_t length, index;
  };

  void emit(Batches& out) {
    std::stable_sort(window_.begin(), window_.end(),
                     [](const Item& a, const Item& b) { return a.length < b.length; });
    const double target = size_.next();
    std::vector<std::vector<Item>> batches;
    for (const Item& item : window_) {
      const bool fits =
          !batches.empty() &&
          static_cast<double>(item.length) * static_cast<double>(batches.back().size() + 1) <=
              target;
      if (!fits) batches.emplace_back();
      batches.back().push_back(item);
    }
    for (auto batch = batches.rbegin(); batch != batches.rend(); ++batch) {
      const double padded =
          static_cast<double>(batch->back().length) * static_cast<double>(batch->size());
      if (discard_ && padded >= target) continue;
      std::vector<uint32_t> indices;
      for (const Item& item : *batch) indices.push_back(item.index);
      std::sort(indices.begin(), indices.end());
      out.push_back(std::move(indices));
    }
    window_.clear();
  }

  Schedule& size_;
  size_t buffer_;
  bool discard_;
  std::vector<Item> window_;
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

Batcher::~Batcher() = default;

std::unique_ptr<Batcher::Pass> Batcher::make_pass() {
  if (kind_ == "spacy.batch_by_words.v1")
    return std::make_unique<WordBatches>(size_, tolerance_, discard_oversize_);
  if (kind_ == "spacy.batch_by_padded.v1")
    return std::make_unique<PaddedBatches>(size_, buffer_, discard_oversize_);
  return std::make_unique<SequenceBatches>(size_);
}

void Batcher::add(uint32_t index, uint32_t length, Batches& out) {
  if (!pass_) pass_ = make_pass();
  pass_->add(index, length, out);
}

void Batcher::finish(Batches& out) {
  if (!pass_) pass_ = make_pass();
  pass_->finish(out);
  pass_.reset();
}

Batches Batcher::cut(std::span<const uint32_t> lengths) {
  Batches out;
  for (uint32_t i = 0; i < lengths.size(); ++i) add(i, lengths[i], out);
  finish(out);
  return out;
}

}  // namespace pawl

#include "nn/bert.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <numeric>

#include "math/int8.h"
#include "nn/bert_reader.h"

namespace pawl::nn {

namespace {

// Sequences are run together up to this many tokens: enough to use the weights well, few enough for
// what lies between two layers to stay in the second-level cache.
constexpr size_t kTokensAtOnce = 128;

class Embeddings {
 public:
  Embeddings(const BertReader& in, const BertConfig& config)
      : positions_(
            in.floats("embeddings.position_embeddings.weight", config.positions, config.hidden)),
        norm_(in, "embeddings", config.hidden, config.eps) {
    const char* words = "embeddings.word_embeddings.weight";
    if (in.precision() == Precision::kInt8) {
      bytes_ = in.table(words, config.vocabulary, config.hidden);
    } else {
      floats_ = in.floats(words, config.vocabulary, config.hidden);
    }
    const Matrix types =
        in.floats("embeddings.token_type_embeddings.weight", config.types, config.hidden);
    for (size_t i = 0; i < config.positions; ++i) {
      add(types.row(0), positions_.row(i), config.hidden);
    }
  }

  void apply(std::span<const uint32_t> ids, Lengths lengths, Matrix& out) const {
    const size_t width = positions_.cols();
    out.resize(ids.size(), width);
    size_t row = 0;
    for (const uint32_t length : lengths) {
      assert(length <= positions_.rows());
      for (size_t i = 0; i < length; ++i, ++row) {
        look_up(ids[row], out.row(row));
        add(positions_.row(i), out.row(row), width);
      }
    }
    norm_.apply(out, {}, out);
  }

 private:
  void look_up(uint32_t id, float* out) const {
    const size_t width = positions_.cols();
    if (bytes_.rows == 0) {
      assert(id < floats_.rows());
      std::copy_n(floats_.row(id), width, out);
      return;
    }
    assert(id < bytes_.rows);
    const int8_t* from = bytes_.values.data() + id * width;
    for (size_t k = 0; k < width; ++k) out[k] = bytes_.scales[id] * static_cast<float>(from[k]);
  }

  Matrix floats_;
  Int8Weights bytes_;
  Matrix positions_;  // with the embedding of token type 0 in it
  BertNorm norm_;
};

// What the branch wants of sequences `first` ... `first` + `count` - 1.
BertBranch part_of(const BertBranch& branch, size_t first, size_t count) {
  const auto at = [&](size_t number) {
    const auto found = std::lower_bound(branch.wanted.begin(), branch.wanted.end(), number);
    return static_cast<size_t>(found - branch.wanted.begin());
  };
  const size_t begin = at(first), rows = at(first + count) - begin;
  return {branch.upper, branch.wanted.subspan(begin, rows), branch.sums.slice_rows(begin, rows),
          branch.inner.slice_rows(begin, rows)};
}

// The rows of the sequences that are wanted, of `lengths` beginning with number `first`, into
// `out`; gives their lengths.
std::vector<uint32_t> gather(Lengths lengths, std::span<const uint32_t> wanted, size_t first,
                             const Matrix& rows, Matrix& out) {
  std::vector<uint32_t> kept;
  for (const uint32_t number : wanted) kept.push_back(lengths[number - first]);
  out.resize(std::accumulate(kept.begin(), kept.end(), size_t{0}), rows.cols());
  size_t from = 0, to = 0, next = 0;
  for (size_t i = 0; i < lengths.size() && next < wanted.size(); ++i) {
    if (wanted[next] == first + i) {
      std::copy_n(rows.row(from), lengths[i] * rows.cols(), out.row(to));
      to += lengths[i];
      ++next;
    }
    from += lengths[i];
  }
  return kept;
}

}  // namespace

struct Bert::Weights {
  Embeddings embeddings;
  BertLayers layers;

  Weights(const BertConfig& config, const Safetensors& weights, Precision precision)
      : embeddings(BertReader(weights, precision), config),
        layers(config, weights, precision, 0, config.layers) {}

  // The last hidden states, in a buffer of the thread. `ranges`: of all products, or empty.
  const Matrix& run(const Sequences& sequences, const BertLayers* upper,
                    std::span<FloatVector> ranges = {}) const {
    thread_local BertScratch scratch;
    embeddings.apply(sequences.ids, sequences.lengths, scratch.x);
    const size_t end = end_of(upper);
    for (size_t i = 0; i < end; ++i) {
      const size_t count = ranges.empty() ? 0 : kProductsPerLayer;
      layers_at(i, upper).apply(i, sequences.lengths, scratch, ranges.subspan(i * count, count));
    }
    return scratch.x;
  }

  // Layers `begin` ... `end` - 1 over `scratch.x`, adding up in `inner` what the inner ones leave.
  void run_part(size_t begin, size_t end, Lengths lengths, const BertLayers* upper,
                BertScratch& scratch, Matrix& inner) const {
    for (size_t i = begin; i < end; ++i) {
      layers_at(i, upper).apply(i, lengths, scratch);
      if (i > 0 && i < inner_end(upper)) add_matrix(scratch.x, inner);
    }
  }

  size_t end_of(const BertLayers* upper) const {
    return upper == nullptr ? layers.end() : upper->end();
  }
  // The first layer that others may do otherwise.
  size_t fork_of(const BertLayers* upper) const {
    return upper == nullptr ? layers.end() : upper->first();
  }
  const BertLayers& layers_at(size_t layer, const BertLayers* upper) const {
    return upper != nullptr && layer >= upper->first() ? *upper : layers;
  }

  // The layers from the second up to this one are the inner ones: those below the last, or below
  // the first of others.
  size_t inner_end(const BertLayers* upper) const {
    return upper == nullptr ? layers.end() - 1 : upper->first();
  }

  // What layer `layer` reads, in a buffer of the thread.
  const Matrix& run_below(size_t layer, const Sequences& sequences) const {
    thread_local BertScratch scratch;
    embeddings.apply(sequences.ids, sequences.lengths, scratch.x);
    for (size_t i = 0; i < layer; ++i) layers.apply(i, sequences.lengths, scratch);
    return scratch.x;
  }
};

Bert::Bert(const BertConfig& config, const Safetensors& weights, Precision precision)
    : config_(config), weights_(std::make_unique<Weights>(config, weights, precision)) {}
Bert::~Bert() = default;
Bert::Bert(Bert&&) noexcept = default;
Bert& Bert::operator=(Bert&&) noexcept = default;

// run(group, first): groups of whole sequences, `first` counts those before.
template <typename Run>
void Bert::for_groups(Sequences sequences, Run&& run) const {
  const Lengths lengths = sequences.lengths;
  std::span<const uint32_t> ids = sequences.ids;
  size_t first = 0;
  while (first < lengths.size()) {
    size_t tokens = lengths[first];
    size_t count = 1;
    while (first + count < lengths.size() && tokens + lengths[first + count] <= kTokensAtOnce) {
      tokens += lengths[first + count++];
    }
    run(Sequences{ids.first(tokens), lengths.subspan(first, count)}, first);
    ids = ids.subspan(tokens);
    first += count;
  }
  assert(ids.empty());
}

void Bert::sum_states(const Sequences& sequences, MatrixView sums, const BertLayers* upper) const {
  assert(sums.rows == sequences.lengths.size() && sums.cols == config_.hidden);
  for_groups(sequences, [&](const Sequences& group, size_t first) {
    const Matrix& states = weights_->run(group, upper);
    reduce_sum(states, group.lengths, sums.slice_rows(first, group.lengths.size()));
  });
}

void Bert::sum_states(const Sequences& sequences, MatrixView sums, MatrixView inner,
                      const BertLayers* upper) const {
  std::vector<uint32_t> all(sequences.lengths.size());
  std::iota(all.begin(), all.end(), 0u);
  const BertBranch branch{upper, all, sums, inner};
  sum_states(sequences, {&branch, 1});
}

void Bert::sum_states(const Sequences& sequences, std::span<const BertBranch> branches) const {
  thread_local BertScratch shared, scratch;
  thread_local Matrix shared_inner, inner;
  for_groups(sequences, [&](const Sequences& group, size_t first) {
    std::vector<BertBranch> present;
    size_t fork = SIZE_MAX;
    for (const BertBranch& branch : branches) {
      const BertBranch part = part_of(branch, first, group.lengths.size());
      if (part.wanted.empty()) continue;
      present.push_back(part);
      fork = std::min(fork, weights_->fork_of(part.upper));
    }
    if (present.empty()) return;
    weights_->embeddings.apply(group.ids, group.lengths, shared.x);
    // Of layers below the fork all branches say the same, and so does the encoder itself.
    const BertLayers* const alike = present.size() == 1 ? present.front().upper : nullptr;
    if (present.size() == 1) fork = weights_->end_of(alike);
    shared_inner.reset(shared.x.rows(), shared.x.cols());
    weights_->run_part(0, fork, group.lengths, alike, shared, shared_inner);
    for (const BertBranch& part : present) {
      const std::vector<uint32_t> lengths =
          gather(group.lengths, part.wanted, first, shared.x, scratch.x);
      gather(group.lengths, part.wanted, first, shared_inner, inner);
      weights_->run_part(fork, weights_->end_of(part.upper), lengths, part.upper, scratch, inner);
      reduce_sum(scratch.x, lengths, part.sums);
      reduce_sum(inner, lengths, part.inner);
      const size_t between = std::max<size_t>(weights_->inner_end(part.upper), 2) - 1;
      for (size_t i = 0; i < part.inner.rows; ++i)
        scale(1.0f / static_cast<float>(between), part.inner.row(i), part.inner.cols);
    }
  });
}

void Bert::embed(const Sequences& sequences, Matrix& states) const {
  weights_->embeddings.apply(sequences.ids, sequences.lengths, states);
}

void Bert::states_below(size_t layer, const Sequences& sequences, Matrix& states) const {
  assert(layer <= config_.layers);
  states.resize(sequences.ids.size(), config_.hidden);
  size_t row = 0;
  for_groups(sequences, [&](const Sequences& group, size_t) {
    const Matrix& part = weights_->run_below(layer, group);
    std::copy_n(part.data(), part.size(), states.row(row));
    row += part.rows();
  });
}

const BertLayers& Bert::layers() const {
  return weights_->layers;
}

std::vector<FloatVector> Bert::input_ranges(const Sequences& sequences,
                                            const BertLayers* upper) const {
  const size_t layers = upper == nullptr ? config_.layers : upper->end();
  std::vector<FloatVector> ranges(layers * kProductsPerLayer);
  for_groups(sequences,
             [&](const Sequences& group, size_t) { weights_->run(group, upper, ranges); });
  return ranges;
}

}  // namespace pawl::nn

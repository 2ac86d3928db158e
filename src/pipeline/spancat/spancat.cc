#include "pipeline/spancat/spancat.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "math/ops.h"
#include "pipeline/component/files.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/tagger/settings.h"

namespace pawl {
namespace {

// Documents are predicted in groups of about this many tokens: temporaries stay in cache.
constexpr size_t kGroupTokens = 256;
constexpr int64_t kMaxPositive = 100000;

std::optional<double> number_or_null(const Json& value, std::string_view key,
                                     const std::string& where) {
  if (value.is_null()) return {};
  if (!value.is_number() || !std::isfinite(value.as_double())) {
    throw Error(ErrorKind::kFormat, where + ": " + std::string(key) + " must be a number or null");
  }
  return value.as_double();
}

std::optional<size_t> count_or_null(const Json& value, std::string_view key,
                                    const std::string& where) {
  if (value.is_null()) return {};
  if (!value.is_integer() || value.as_double() < 1 ||
      value.as_double() > static_cast<double>(kMaxPositive)) {
    throw Error(ErrorKind::kFormat,
                where + ": " + std::string(key) + " must be a whole number from 1 on, or null");
  }
  return static_cast<size_t>(value.as_int());
}

std::vector<const Doc*> refs_of(std::span<const Example> examples) {
  std::vector<const Doc*> refs;
  for (const Example& example : examples) refs.push_back(&example.predicted);
  return refs;
}

const SpanGroup* find_group(const Example& example, const std::string& key) {
  if (!example.reference) return nullptr;
  for (const SpanGroup& group : example.reference->spans) {
    if (group.name == key) return &group;
  }
  return nullptr;
}

Json number_json(std::optional<double> value) {
  return value ? Json(*value) : Json();
}

}  // namespace

SpanCategorizer::SpanCategorizer(const std::string& name, const Json& config,
                                 std::shared_ptr<Vocab> vocab)
    : TrainableComponent(name, config.at("factory").as_string()),
      config_(config),
      vocab_(std::move(vocab)),
      suggester_(setting(config, "suggester", "components." + name),
                 "components." + name + ".suggester"),
      network_(setting(config, "model", "components." + name), "components." + name + ".model") {
  choice_.has_negative = is_single();
  if (is_single()) choice_.max_positive = 1;
  read_settings(config, "components." + name);
}

SpanCategorizer::SpanCategorizer(const SpanCategorizer& other, std::shared_ptr<Vocab> vocab)
    : TrainableComponent(other.name(), other.factory()),
      config_(other.config_),
      vocab_(std::move(vocab)),
      suggester_(other.suggester_),
      network_(other.network_),
      key_(other.key_),
      choice_(other.choice_),
      negative_weight_(other.negative_weight_) {
  choice_.labels.clear();
  for (const std::string& label : other.labels_) remember(label);
}

void SpanCategorizer::read_settings(const Json& settings, const std::string& where) {
  if (settings.find("spans_key")) key_ = settings_text(settings, "spans_key", where);
  if (const Json* value = settings.find("threshold"))
    choice_.threshold = number_or_null(*value, "threshold", where);
  if (const Json* value = settings.find("max_positive"))
    choice_.max_positive = count_or_null(*value, "max_positive", where);
  if (const Json* value = settings.find("negative_weight"))
    negative_weight_ = number_or_null(*value, "negative_weight", where);
  if (settings.find("allow_overlap"))
    choice_.allow_overlap = settings_flag(settings, "allow_overlap", where);
  if (!choice_.allow_overlap && choice_.max_positive && *choice_.max_positive > 1) {
    throw Error(ErrorKind::kFormat,
                where + ": max_positive must be 1 where allow_overlap is false");
  }
}

void SpanCategorizer::remember(const std::string& label) {
  labels_.push_back(label);
  choice_.labels.push_back(vocab_->strings().add(label));
}

void SpanCategorizer::to_disk(Env& env, const Path& path) const {
  Json cfg = Json::object(), labels = Json::array();
  for (const std::string& label : labels_) labels.push_back(label);
  cfg["labels"] = std::move(labels);
  cfg["spans_key"] = key_;
  cfg["threshold"] = number_json(choice_.threshold);
  cfg["max_positive"] =
      choice_.max_positive ? Json(static_cast<int64_t>(*choice_.max_positive)) : Json();
  cfg["negative_weight"] = number_json(negative_weight_);
  cfg["allow_overlap"] = choice_.allow_overlap;
  write_cfg(env, path, cfg);
  write_model(env, path, network_.tree());
}

void SpanCategorizer::from_disk(Env& env, const Path& path) {
  const Json cfg = read_cfg(env, path);
  const std::string file = (path / "cfg").string();
  read_settings(cfg, file);
  labels_.clear();
  choice_.labels.clear();
  for (const std::string& label : settings_labels(cfg, "labels", file)) remember(label);
  network_.read(env, path, outputs());
}

std::unique_ptr<Component> SpanCategorizer::clone(std::shared_ptr<Vocab> vocab) const {
  return std::unique_ptr<Component>(new SpanCategorizer(*this, std::move(vocab)));
}

void SpanCategorizer::initialize(std::span<const Example> examples, Rng& rng, Progress&) {
  if (labels_.empty()) {
    for (const Example& example : examples) {
      const SpanGroup* group = find_group(example, key_);
      if (!group) continue;
      for (const Span& span : group->spans) {
        const std::string& label = vocab_->strings().at(span.label);
        if (std::find(labels_.begin(), labels_.end(), label) == labels_.end()) remember(label);
      }
    }
  }
  if (labels_.empty()) {
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "' (" + factory() +
                                              ") finds no labels: no example has spans '" + key_ +
                                              "'");
  }
  network_.initialize(outputs(), rng);
}

bool SpanCategorizer::add_label(const std::string& label) {
  if (label.empty())
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "': a label is empty");
  if (std::find(labels_.begin(), labels_.end(), label) != labels_.end()) return false;
  if (network_.has_weights()) {
    throw Error(ErrorKind::kUnsupported, "component '" + name() + "' (" + factory() +
                                             ") takes no label after it was initialized");
  }
  remember(label);
  return true;
}

void SpanCategorizer::require_weights() const {
  if (network_.has_weights()) return;
  throw Error(ErrorKind::kInvalidInput,
              "component '" + name() +
                  "' has no weights or labels yet; initialize it with examples or load it");
}

CandidateBatch SpanCategorizer::suggest(std::span<const Doc* const> docs) const {
  CandidateBatch batch;
  uint32_t offset = 0;
  for (const Doc* doc : docs) {
    const size_t first = batch.spans.size();
    suggester_.suggest(*doc, batch.spans);
    for (size_t i = first; i < batch.spans.size(); ++i) {
      batch.spans[i].start += offset;
      batch.spans[i].end += offset;
    }
    batch.lengths.push_back(static_cast<uint32_t>(batch.spans.size() - first));
    offset += static_cast<uint32_t>(doc->size());
  }
  return batch;
}

void SpanCategorizer::predict(std::span<Doc> docs) const {
  require_weights();
  size_t first = 0;
  while (first < docs.size()) {
    size_t last = first;
    for (size_t tokens = 0; last < docs.size() && tokens < kGroupTokens; ++last)
      tokens += docs[last].size();
    predict_group(docs.subspan(first, last - first));
    first = last;
  }
}

void SpanCategorizer::predict_group(std::span<Doc> docs) const {
  thread_local Matrix scores;
  std::vector<const Doc*> refs;
  for (const Doc& doc : docs) refs.push_back(&doc);
  CandidateBatch batch = suggest(refs);
  scores.resize(0, outputs());
  if (!batch.spans.empty()) network_.predict(refs, batch, scores);
  size_t row = 0;
  uint32_t offset = 0;
  for (size_t i = 0; i < docs.size(); ++i) {
    const size_t count = batch.lengths[i];
    const std::span<Candidate> own = std::span(batch.spans).subspan(row, count);
    for (Candidate& candidate : own) {
      candidate.start -= offset;
      candidate.end -= offset;
    }
    docs[i].set_spans(choose_spans(key_, choice_, own, scores.view().slice_rows(row, count)));
    row += count;
    offset += static_cast<uint32_t>(docs[i].size());
  }
}

// For each candidate of a document the columns that should be 1; `offset` is
// where its tokens begin in the batch.
std::vector<std::set<size_t>> SpanCategorizer::truths(const Example& example,
                                                      std::span<const Candidate> candidates,
                                                      uint32_t offset) const {
  std::map<std::pair<uint32_t, uint32_t>, size_t> rows;
  for (size_t k = 0; k < candidates.size(); ++k)
    rows[{candidates[k].start - offset, candidates[k].end - offset}] = k;
  std::vector<std::set<size_t>> out(candidates.size());
  const SpanGroup* group = find_group(example, key_);
  if (!group) return out;
  for (const Span& span : example.aligned_spans(group->spans, true)) {
    const auto found = rows.find({span.start, span.end});
    const auto label = std::find(choice_.labels.begin(), choice_.labels.end(), span.label);
    if (found == rows.end() || label == choice_.labels.end()) continue;
    out[found->second].insert(static_cast<size_t>(label - choice_.labels.begin()));
  }
  return out;
}

// Scores become the gradient; returns the sum of its squares.
double SpanCategorizer::subtract_truth(std::span<const Example> examples,
                                       const CandidateBatch& batch, MatrixView scores) const {
  double loss = 0.0;
  size_t row = 0;
  uint32_t offset = 0;
  for (size_t i = 0; i < examples.size(); ++i) {
    const Example& example = examples[i];
    const auto own = std::span(batch.spans).subspan(row, batch.lengths[i]);
    for (const std::set<size_t>& wanted : truths(example, own, offset)) {
      float* scored = scores.row(row++);
      for (const size_t label : wanted) scored[label] -= 1.0f;
      if (wanted.empty() && is_single()) {
        scored[labels_.size()] -= 1.0f;
        scale(static_cast<float>(negative_weight_.value_or(1.0)), scored, scores.cols);
      }
      loss += example.weight * squared_norm(scored, scores.cols);
      if (example.weight != 1.0f) scale(example.weight, scored, scores.cols);
    }
    offset += static_cast<uint32_t>(example.predicted.size());
  }
  return loss;
}

void SpanCategorizer::update(std::span<Example> examples, const UpdateOptions& options,
                             Losses& losses) {
  losses[name()] += 0.0;
  require_weights();
  const std::vector<const Doc*> refs = refs_of(examples);
  const CandidateBatch batch = suggest(refs);
  if (batch.spans.empty()) return;
  Matrix scores;
  network_.forward(refs, batch, options.dropout, options.rng, scores);
  losses[name()] += subtract_truth(examples, batch, scores);
  network_.backward(scores, losses);
  if (options.optimizer) options.optimizer->step(network_.tree());
}

void SpanCategorizer::rehearse(std::span<Doc>, const TrainableComponent&, const UpdateOptions&,
                               Losses& losses) {
  losses[name()] += 0.0;
}

std::unique_ptr<Component> make_spancat(const std::string& name, const Json& config,
                                        std::shared_ptr<Vocab> vocab) {
  return std::make_unique<SpanCategorizer>(name, config, std::move(vocab));
}

}  // namespace pawl

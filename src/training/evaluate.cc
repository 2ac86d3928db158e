#include "training/evaluate.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"

namespace pawl {

namespace {

constexpr size_t kBatch = 128;

Json scores_per_component(const Language& language, std::span<const Scored> pairs) {
  Json out = Json::object();
  out["tokenizer"] = tokenizer_scores(pairs);
  for (const std::string& name : language.pipe_names()) {
    Json part = score_component(language, *language.find(name), pairs);
    if (!part.as_object().empty()) out[name] = std::move(part);
  }
  return out;
}

}  // namespace

Json evaluate(const Language& language, std::span<const GoldDoc> references,
              const EvaluateOptions& options, Progress& progress) {
  std::vector<Doc> docs;
  docs.reserve(references.size());
  uint64_t words = 0;
  const auto start = std::chrono::steady_clock::now();
  progress.begin("evaluating", references.size());
  for (size_t at = 0; at < references.size(); at += kBatch) {
    if (progress.stop_requested()) throw Error(ErrorKind::kInterrupted, "evaluation stopped");
    const size_t size = std::min(kBatch, references.size() - at);
    for (size_t i = at; i < at + size; ++i) docs.push_back(language.make_doc(references[i].text));
    language.annotate(std::span(docs).subspan(at, size));
    progress.advance(size);
  }
  progress.end();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::vector<Scored> pairs;
  for (size_t i = 0; i < docs.size(); ++i) {
    words += docs[i].size();
    pairs.push_back({&docs[i], &references[i]});
  }
  Json scores = options.per_component ? scores_per_component(language, pairs)
                                      : score_pipeline(language, pairs);
  scores["speed"] = seconds.count() > 0 ? static_cast<double>(words) / seconds.count() : 0.0;
  return scores;
}

}  // namespace pawl

// The hybrid text classifier measured, one thing a call; bench/hybrid.py calls this:
//   solver FILE
//     training and one correction on given features
//   quality ENCODER TRAIN DEV OOS|- SHOTS
//     accuracy with so many examples a label (0: all), 3 seeds
//   correction ENCODER TRAIN
//     training on 10,000 examples, then single corrections
//   train ENCODER PACK TRAIN TO
//     a pipeline trained on all examples
//   speed PIPELINE TEXTS
//     time of a pipeline for one utterance at a time
#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/msgpack.h"
#include "base/rng.h"
#include "pipeline/encoder/encoder_component.h"
#include "pipeline/hybrid/hybrid_textcat.h"
#include "pipeline/hybrid/label_texts.h"
#include "pipeline/language.h"
#include "pipeline/registry.h"

namespace {

using namespace pawl;

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Labeled {
  std::string text, label;
};

std::vector<Labeled> read_labeled(const std::string& file) {
  std::ifstream in(file);
  std::vector<Labeled> out;
  for (std::string line; std::getline(in, line);) {
    const Json json = parse_json(line);
    out.push_back({json.at("text").as_string(), json.at("intent").as_string()});
  }
  return out;
}

template <typename T>
std::vector<T> array_of(const Msgpack& map, const char* key) {
  const NumpyArray array = as_numpy_array(map.at(key));
  std::vector<T> values(array.size());
  std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  return values;
}

// Vectors of texts met before are kept, as a workspace keeps them.
class CachedVectors final : public SentenceVectors {
 public:
  explicit CachedVectors(std::shared_ptr<const SentenceVectors> source)
      : source_(std::move(source)) {}
  size_t width() const override { return source_->width(); }
  size_t block_width() const override { return source_->block_width(); }
  size_t words_width() const override { return source_->words_width(); }
  const std::string& fingerprint() const override { return source_->fingerprint(); }
  std::shared_ptr<const SentenceEncoder> encoder() const override { return source_->encoder(); }
  Matrix encode_words(std::span<const std::string_view> texts) const override {
    return source_->encode_words(texts);
  }
  Matrix encode(std::span<const std::string_view> texts) const override {
    std::vector<std::string_view> missing;
    for (std::string_view text : texts) {
      if (!rows_.contains(std::string(text))) missing.push_back(text);
    }
    const Matrix made = source_->encode(missing);
    for (size_t i = 0; i < missing.size(); ++i) {
      rows_[std::string(missing[i])].assign(made.row(i), made.row(i) + made.cols());
    }
    Matrix out(texts.size(), width());
    for (size_t i = 0; i < texts.size(); ++i) {
      const auto& row = rows_.at(std::string(texts[i]));
      std::copy(row.begin(), row.end(), out.row(i));
    }
    return out;
  }

 private:
  std::shared_ptr<const SentenceVectors> source_;
  mutable std::map<std::string, std::vector<float>> rows_;
};

struct Problem {
  std::vector<int64_t> starts;
  std::vector<uint32_t> columns, labels;
  std::vector<float> values, dense;
  size_t width = 0;
  double c = 1.0;

  FeatureView row(size_t i) const {
    const auto first = static_cast<size_t>(starts[i]);
    const auto count = static_cast<size_t>(starts[i + 1]) - first;
    return {std::span(columns).subspan(first, count), std::span(values).subspan(first, count),
            std::span(dense).subspan(i * width, width)};
  }
};

Problem read_problem(const std::string& file) {
  const Msgpack map = parse_msgpack(Env::real().read_file(file));
  Problem problem{array_of<int64_t>(map, "starts"),
                  array_of<uint32_t>(map, "columns"),
                  array_of<uint32_t>(map, "labels"),
                  array_of<float>(map, "values"),
                  array_of<float>(map, "dense"),
                  0,
                  map.at("c").as_double()};
  problem.width = problem.dense.size() / problem.labels.size();
  return problem;
}

// The last example is the correction.
Json solver(const std::string& file) {
  const Problem problem = read_problem(file);
  const size_t n = problem.labels.size() - 1;
  LogisticTrainer trainer(problem.width, 1.0f);
  for (size_t i = 0; i < n; ++i) trainer.add_example(problem.row(i), problem.labels[i], 1.0f);
  double begin = cpu_seconds();
  const LogisticResult solved = trainer.solve({.c = problem.c});
  Json out = Json::object();
  out["seconds"] = cpu_seconds() - begin;
  out["passes"] = uint64_t{solved.passes};
  out["objective"] = trainer.objective(problem.c);
  begin = cpu_seconds();
  const size_t added = trainer.add_example(problem.row(n), problem.labels[n], 1.0f);
  trainer.correct({&added, 1}, {.c = problem.c, .max_passes = 24});
  out["correction_seconds"] = cpu_seconds() - begin;
  out["corrected_objective"] = trainer.objective(problem.c);
  trainer.solve({.c = problem.c, .tolerance = 1e-5});
  out["optimum"] = trainer.objective(problem.c);
  return out;
}

struct Score {
  double hybrid = 0, first = 0, tiered = 0, share = 0, accepted = 0, recalled = 0, seconds = 0;
};

std::vector<std::string_view> texts_of(const std::vector<Labeled>& data) {
  std::vector<std::string_view> texts;
  for (const Labeled& item : data) texts.push_back(item.text);
  return texts;
}

Score score_head(const HybridHead& head, const SentenceVectors& vectors,
                 const std::vector<Labeled>& dev, const std::vector<Labeled>& oos,
                 const std::map<std::string, uint32_t>& ids) {
  Score score;
  HybridHead second_only = head;
  second_only.acceptance = 2.0;
  const auto texts = texts_of(dev);
  const auto tiered = head.answer(texts, &vectors);
  const auto hybrid = second_only.answer(texts, &vectors);
  const auto first = head.answer(texts, nullptr);
  const double one = 100.0 / static_cast<double>(dev.size());
  for (size_t i = 0; i < dev.size(); ++i) {
    const size_t gold = ids.contains(dev[i].label) ? ids.at(dev[i].label) : SIZE_MAX;
    score.hybrid += one * (hybrid[i].best == gold);
    score.first += one * (first[i].best == gold);
    score.tiered += one * (tiered[i].best == gold);
    score.accepted += one * (tiered[i].best == gold && tiered[i].in_scope());
    score.share += one * (tiered[i].tier == 1);
  }
  for (const HybridAnswer& answer : head.answer(texts_of(oos), &vectors)) {
    score.recalled += 100.0 / static_cast<double>(oos.size()) * !answer.in_scope();
  }
  return score;
}

std::vector<LabeledText> draw(const std::vector<Labeled>& train, size_t shots, uint64_t seed,
                              const std::map<std::string, uint32_t>& ids) {
  std::vector<size_t> order(train.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  Rng rng(seed);
  rng.shuffle(order);
  std::vector<size_t> taken(ids.size(), 0);
  std::vector<LabeledText> examples;
  for (size_t i : order) {
    const uint32_t id = ids.at(train[i].label);
    if (shots == 0 || taken[id]++ < shots) examples.push_back({train[i].text, id, 1.0f});
  }
  return examples;
}

Json quality(const std::string& encoder, const std::string& train_file, const std::string& dev_file,
             const std::string& oos_file, size_t shots) {
  const auto train = read_labeled(train_file);
  const auto dev = read_labeled(dev_file);
  const auto oos = oos_file == "-" ? std::vector<Labeled>() : read_labeled(oos_file);
  std::set<std::string> names;
  for (const Labeled& item : train) names.insert(item.label);
  const std::vector<std::string> labels(names.begin(), names.end());
  std::map<std::string, uint32_t> ids;
  for (const std::string& label : labels) ids.emplace(label, static_cast<uint32_t>(ids.size()));
  const auto vectors =
      std::make_shared<CachedVectors>(vectors_of(SentenceEncoder::load(Env::real(), encoder)));
  Json rows = Json::array();
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const auto examples = draw(train, shots, seed, ids);
    std::vector<std::string_view> texts;
    for (const LabeledText& example : examples) texts.push_back(example.text);
    vectors->encode(texts);
    HybridTrainer trainer(labels, {}, vectors);
    const double begin = cpu_seconds();
    trainer.fit(examples, Progress::silent());
    const double seconds = cpu_seconds() - begin;
    const Score score = score_head(*trainer.head(), *trainer.vectors(), dev, oos, ids);
    Json row = Json::object();
    row["examples"] = uint64_t{examples.size()};
    row["hybrid"] = score.hybrid;
    row["first_tier"] = score.first;
    row["tiered"] = score.tiered;
    row["first_tier_answers"] = score.share;
    row["accepted_and_right"] = score.accepted;
    row["out_of_scope_recalled"] = score.recalled;
    row["tuned"] = trainer.head()->tuned != nullptr;
    row["fit_seconds"] = seconds;
    row["megabytes"] = static_cast<double>(trainer.head()->to_bytes().size()) / 1e6;
    rows.push_back(std::move(row));
  }
  return rows;
}

// Vectors are kept by text before anything is timed. Every fourth correction brings a new label.
Json correction(const std::string& encoder, const std::string& file) {
  std::vector<Labeled> data = read_labeled(file);
  Rng rng(1);
  rng.shuffle(data);
  data.resize(std::min<size_t>(data.size(), 10020));
  const size_t kept = data.size() - 20;
  const auto vectors =
      std::make_shared<CachedVectors>(vectors_of(SentenceEncoder::load(Env::real(), encoder)));
  vectors->encode(texts_of(data));
  std::map<std::string, uint32_t> ids;
  std::vector<std::string> labels;
  std::vector<LabeledText> examples;
  for (const Labeled& item : data) {
    if (ids.emplace(item.label, ids.size()).second) labels.push_back(item.label);
    examples.push_back({item.text, ids.at(item.label), 1.0f});
  }
  const std::vector<std::string> names = label_texts(labels);
  vectors->encode(std::vector<std::string_view>(names.begin(), names.end()));
  HybridTrainer trainer(labels, {}, vectors);
  double begin = cpu_seconds();
  trainer.fit(std::span(examples).first(kept), Progress::silent());
  const double fit = cpu_seconds() - begin;
  Json out = Json::object();
  Json times = Json::array();
  double sum = 0.0;
  for (size_t i = kept; i < data.size(); ++i) {
    begin = cpu_seconds();
    if (i % 4 == 0) {
      examples[i].label = static_cast<uint32_t>(labels.size());
      labels.push_back("new label " + std::to_string(i));
      trainer.add_label(labels.back());
    }
    trainer.correct({&examples[i], 1});
    const double seconds = cpu_seconds() - begin;
    times.push_back(seconds);
    sum += seconds;
  }
  out["fit_seconds"] = fit;
  out["correction_seconds"] = std::move(times);
  out["ratio"] = fit / (sum / 20.0);
  return out;
}

Json train(const std::string& encoder, const std::string& pack, const std::string& file,
           const std::string& to) {
  const auto nlp = Language::blank(Env::real(), pack);
  Json block = Json::object();
  block["factory"] = "pawl_sentence_encoder";
  block["path"] = encoder;
  nlp->add_component(make_component("sentence_encoder", block, nlp->shared_vocab()), block);
  block = Json::object();
  block["factory"] = "pawl_hybrid_textcat";
  TrainableComponent& head = nlp->add_pipe("intent", block);
  std::vector<Example> examples;
  for (const Labeled& item : read_labeled(file)) {
    Example example;
    example.predicted = nlp->make_doc(item.text);
    example.cats.emplace_back(item.label, 1.0f);
    examples.push_back(std::move(example));
  }
  Rng rng(0);
  head.initialize(examples, rng, Progress::silent());
  nlp->to_disk(Env::real(), to);
  return Json::object();
}

Json speed(const std::string& pipeline, const std::string& file) {
  const auto nlp = Language::from_disk(Env::real(), pipeline);
  const auto data = read_labeled(file);
  for (size_t i = 0; i < std::min<size_t>(50, data.size()); ++i) (*nlp)(data[i].text);
  std::vector<double> times;
  size_t right = 0;
  for (const Labeled& item : data) {
    const double begin = cpu_seconds();
    const Doc doc = (*nlp)(item.text);
    times.push_back(cpu_seconds() - begin);
    const auto best =
        std::max_element(doc.cats().begin(), doc.cats().end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    right += best->first == item.label;
  }
  Json out = Json::object();
  double sum = 0.0;
  for (double time : times) sum += time;
  std::sort(times.begin(), times.end());
  out["mean_ms"] = 1e3 * sum / static_cast<double>(times.size());
  out["p50_ms"] = 1e3 * times[times.size() / 2];
  out["p95_ms"] = 1e3 * times[times.size() * 95 / 100];
  out["accuracy"] = 100.0 * static_cast<double>(right) / static_cast<double>(data.size());
  return out;
}

Json run(const std::vector<std::string>& args) {
  const std::string what = args.empty() ? "" : args[0];
  if (what == "solver" && args.size() == 2) return solver(args[1]);
  if (what == "quality" && args.size() == 6) {
    return quality(args[1], args[2], args[3], args[4], std::stoul(args[5]));
  }
  if (what == "correction" && args.size() == 3) return correction(args[1], args[2]);
  if (what == "train" && args.size() == 5) return train(args[1], args[2], args[3], args[4]);
  if (what == "speed" && args.size() == 3) return speed(args[1], args[2]);
  throw Error(ErrorKind::kInvalidInput, "usage: see the top of bench/hybrid_bench.cc");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::cout << to_json(run({argv + 1, argv + argc})) << "\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

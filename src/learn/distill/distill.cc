#include "learn/distill/distill.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/rng.h"
#include "learn/distill/text_variants.h"

namespace pawl::learn {
namespace {

constexpr uint64_t kInitSeed = 0x64697374696c6cu;
constexpr uint64_t kVariantSeed = 0x76617269616e7473u;
constexpr size_t kBatch = 64;
// Probabilities below this are left out of targets: an exclusive textcat takes what is not named
// for 0, and hundreds of labels a text would have to be kept.
constexpr float kNegligible = 1e-3f;

using Categories = std::vector<std::pair<std::string, float>>;

struct PooledText {
  Doc doc;
  Split split = Split::kTrain;
  const LabeledExample* example = nullptr;  // null: nobody said what it is
  std::optional<size_t> source = {};        // of a variant: the text it was made of, in the pool
};

// Every text once, the newest example of a text first.
std::vector<PooledText> pool_texts(const Language& nlp, const DistillData& data,
                                   double validation_split) {
  std::vector<PooledText> pool;
  std::set<std::string> known;
  auto add = [&](const std::string& text, Split split, const LabeledExample* example) {
    Doc doc = nlp.make_doc(text);
    if (doc.size() > 0) pool.push_back({std::move(doc), split, example});
  };
  for (auto e = data.examples.rbegin(); e != data.examples.rend(); ++e) {
    if (known.insert(e->key).second) add(e->text, e->split, &*e);
  }
  for (const UnlabelledText& turn : data.unlabelled) {
    if (known.insert(text_key(turn.text)).second)
      add(turn.text, assign_split(turn.conversation_id, validation_split), nullptr);
  }
  return pool;
}

// Of the train split's texts, none of them a text that is held out.
void add_variants(const Language& nlp, const DistillOptions& options,
                  std::vector<PooledText>& pool) {
  std::vector<const Doc*> docs;
  std::vector<size_t> sources;
  std::set<std::string> held_out;
  for (size_t i = 0; i < pool.size(); ++i) {
    if (pool[i].split == Split::kTrain) {
      docs.push_back(&pool[i].doc);
      sources.push_back(i);
    } else {
      held_out.insert(text_key(pool[i].doc.text()));
    }
  }
  if (docs.size() >= options.max_texts) return;
  const size_t count = std::min(options.variants * docs.size(), options.max_texts - docs.size());
  Rng rng(options.train.seed ^ kVariantSeed);
  const std::vector<std::string> texts = text_variants(docs, count, rng);
  for (size_t i = 0; i < texts.size(); ++i) {
    Doc doc = nlp.make_doc(texts[i]);
    if (doc.size() == 0 || held_out.contains(text_key(texts[i]))) continue;
    pool.push_back({std::move(doc), Split::kTrain, nullptr, sources[i % sources.size()]});
  }
}

const std::string& best_category(const Categories& cats) {
  return std::max_element(cats.begin(), cats.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

void check_count(const std::vector<PooledText>& pool, size_t needed) {
  size_t count = 0, labelled = 0;
  for (const PooledText& text : pool) {
    count += text.split == Split::kTrain;
    labelled += text.split == Split::kTrain && text.example != nullptr;
  }
  if (count >= needed) return;
  throw Error(ErrorKind::kInvalidInput,
              "there are " + std::to_string(count) + " different texts to learn from (" +
                  std::to_string(labelled) + " of them labelled), " + std::to_string(needed) +
                  " are needed; 'pawl collect' takes turns, with or without feedback");
}

class Distillation {
 public:
  Distillation(const Language& live, Head head, const std::vector<PooledText>& pool,
               const DistillOptions& options, Progress& progress)
      : live_(live),
        teacher_(*find_head(live, head)),
        pool_(pool),
        options_(options),
        progress_(progress) {
    result_.head = head;
    data_.head = head;
    data_.vocab = live.shared_vocab();
  }

  DistilledHead run() {
    ask_teacher();
    fill_data();
    try_recipes();
    measure();
    return std::move(result_);
  }

 private:
  void ask_teacher() {
    progress_.begin("asking " + teacher_.name(), pool_.size());
    for (size_t begin = 0; begin < pool_.size(); begin += kBatch) {
      if (progress_.stop_requested())
        throw Error(ErrorKind::kInterrupted, "distillation was interrupted; nothing was written");
      const size_t end = std::min(pool_.size(), begin + kBatch);
      std::vector<Doc> docs;
      for (size_t i = begin; i < end; ++i) docs.push_back(pool_[i].doc);
      teacher_.predict(docs);
      for (const Doc& doc : docs) answers_.push_back(answer_of(doc));
      progress_.advance(end - begin);
    }
    progress_.end();
    for (const auto& [label, p] : answers_.front()) result_.labels.push_back(label);
  }

  // A student has the labels and no bound: it answers as if every text were in scope.
  Categories answer_of(const Doc& doc) const {
    Categories cats;
    for (const auto& [label, p] : label_scores(doc, result_.head))
      cats.emplace_back(to_category(result_.head, label), static_cast<float>(p));
    return cats;
  }

  bool knows(const PooledText& text) const {
    return text.example != nullptr && text.example->knows(result_.head);
  }

  std::string gold(const PooledText& text) const {
    return to_category(result_.head, text.example->label(result_.head));
  }

  // Whether the teacher is known to be wrong about a text: then its word on variants of it counts
  // for nothing.
  bool denies(size_t i) const {
    return knows(pool_[i]) && best_category(answers_[i]) != gold(pool_[i]);
  }

  Categories target(size_t i) const {
    const bool known = knows(pool_[i]);
    const float share = known ? 1.0f - static_cast<float>(options_.label_share) : 1.0f;
    const std::string label = known ? gold(pool_[i]) : "";
    Categories cats;
    for (const auto& [category, p] : answers_[i]) {
      const float value = share * p + (category == label ? 1.0f - share : 0.0f);
      if (value >= kNegligible) cats.emplace_back(category, std::min(value, 1.0f));
    }
    return cats;
  }

  void fill_data() {
    for (size_t i = 0; i < pool_.size(); ++i) {
      const PooledText& text = pool_[i];
      if (text.split == Split::kCertify || (text.source && denies(*text.source))) continue;
      Example example;
      example.predicted = text.doc;
      if (text.split == Split::kSelect) {
        example.cats = {{knows(text) ? gold(text) : best_category(answers_[i]), 1.0f}};
        data_.select.push_back(std::move(example));
        continue;
      }
      example.cats = target(i);
      data_.train.push_back(std::move(example));
      result_.labelled += knows(text);
      ++(text.source ? result_.variants : result_.texts);
    }
  }

  TrainedHead train(const Recipe& recipe) {
    auto student = make_head(recipe, result_.head, live_.shared_vocab());
    for (const std::string& label : result_.labels) student->add_label(label);
    TrainOptions train = options_.train;
    train.learn_rate *= recipe.step;
    Rng rng(train.seed ^ kInitSeed);
    student->initialize(data_.train, rng, progress_);
    TrainedHead trained = train_head(std::move(student), data_, nullptr, train, progress_);
    trained.recipe = recipe.name;
    return trained;
  }

  // The last, richest recipe first: what a teacher says of many texts feeds it. Another is worth
  // trying where the select split can tell them apart.
  void try_recipes() {
    const std::vector<Recipe> all = recipes(result_.head);
    for (auto recipe = all.rbegin(); recipe != all.rend(); ++recipe) {
      TrainedHead trained = train(*recipe);
      result_.scores.emplace_back(recipe->name, trained.select_score);
      TrainedHead& best = result_.trained;
      if (best.component == nullptr || trained.select_score > best.select_score)
        best = std::move(trained);
      if (data_.select.size() < options_.train.min_select) return;
    }
  }

  void measure() {
    for (size_t i = 0; i < pool_.size(); ++i) {
      if (pool_[i].split != Split::kCertify) continue;
      Doc doc = pool_[i].doc;
      result_.trained.component->predict({&doc, 1});
      const std::string &student = best_category(doc.cats()), &teacher = best_category(answers_[i]);
      ++result_.held_out;
      result_.agreed += student == teacher;
      if (!knows(pool_[i])) continue;
      ++result_.certified;
      result_.teacher_right += teacher == gold(pool_[i]);
      result_.student_right += student == gold(pool_[i]);
    }
  }

  const Language& live_;
  const TrainableComponent& teacher_;
  const std::vector<PooledText>& pool_;
  const DistillOptions& options_;
  Progress& progress_;
  std::vector<Categories> answers_;  // the teacher's, of the pool
  HeadData data_;
  DistilledHead result_;
};

}  // namespace

PawlComponents find_pawl_components(const Language& nlp) {
  PawlComponents found;
  const Json* blocks = nlp.config().find("components");
  if (blocks == nullptr || !blocks->is_object()) return found;
  for (const auto& [name, block] : blocks->as_object()) {
    const Component* component = nlp.find(name);
    if (component == nullptr || !component->factory().starts_with("pawl_")) continue;
    const bool hybrid = component->factory() == "pawl_hybrid_textcat";
    if (component->factory() == "pawl_sentence_encoder") {
      found.encoders.push_back(name);
    } else if (hybrid && name == component_name(Head::kIntent)) {
      found.hybrid_heads.push_back(Head::kIntent);
    } else if (hybrid && name == component_name(Head::kSentiment)) {
      found.hybrid_heads.push_back(Head::kSentiment);
    } else {
      throw Error(ErrorKind::kUnsupported, "component '" + name + "' (" + component->factory() +
                                               ") is neither intent nor sentiment: pawl has no "
                                               "stock component for it");
    }
  }
  return found;
}

std::vector<DistilledHead> distill_heads(const Language& live, std::span<const Head> heads,
                                         const DistillData& data, const DistillOptions& options,
                                         Progress& progress) {
  std::vector<DistilledHead> students;
  if (heads.empty()) return students;
  std::vector<PooledText> pool = pool_texts(live, data, options.validation_split);
  check_count(pool, options.min_texts);
  add_variants(live, options, pool);
  for (const Head head : heads) {
    Distillation distillation(live, head, pool, options, progress);
    students.push_back(distillation.run());
  }
  return students;
}

std::unique_ptr<Language> stock_pipeline(const Language& live, std::vector<DistilledHead>& heads) {
  std::unique_ptr<Language> stock = live.clone();
  for (DistilledHead& head : heads) stock->replace_pipe(std::move(head.trained.component));
  for (const std::string& name : find_pawl_components(*stock).encoders) stock->remove_pipe(name);
  return stock;
}

}  // namespace pawl::learn

#include "learn/cycle/live_answers.h"

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"

namespace pawl::learn {
namespace {

// Of the text and its label: another version may have another one.
std::string id_of(const LabeledExample& example, Head head) {
  return blake2b_hex(example.text + '\n' + example.label(head)).substr(0, 16);
}

std::string name_of(Head head) {
  return "live_answers." + std::string(head_name(head));
}

}  // namespace

LiveAnswers::LiveAnswers(Store& store, std::string tenant, std::string generation, Head head)
    : store_(store), tenant_(std::move(tenant)), generation_(std::move(generation)), head_(head) {}

std::map<std::string, bool> LiveAnswers::read() const {
  const auto kept =
      read_from(store_, [&](Transaction& t) { return t.value(tenant_, name_of(head_)); });
  std::map<std::string, bool> right;
  if (!kept) return right;
  // A cache: what cannot be read of it is asked again.
  const Json body = readable_json(*kept);
  const auto text = [&](const char* key) {
    const Json* value = body.is_object() ? body.find(key) : nullptr;
    return value != nullptr && value->is_string() ? value->as_string() : std::string();
  };
  if (text("generation") != generation_) return right;
  for (const auto& [key, value] : {std::pair{"right", true}, std::pair{"wrong", false}}) {
    const std::string ids = text(key);
    for (size_t i = 0; i + 16 <= ids.size(); i += 16) right.emplace(ids.substr(i, 16), value);
  }
  return right;
}

void LiveAnswers::save(Transaction& transaction) const {
  std::string right, wrong;
  for (const auto& [id, is_right] : now_) (is_right ? right : wrong) += id;
  const Json body = Json::Object{{"generation", generation_}, {"right", right}, {"wrong", wrong}};
  transaction.set_value(tenant_, name_of(head_), to_json(body));
}

std::map<std::string, bool> LiveAnswers::ask(std::span<const LabeledExample* const> examples,
                                             const Language& nlp,
                                             const TrainableComponent& component) const {
  std::vector<Doc> docs;
  for (const LabeledExample* e : examples) docs.push_back(nlp.make_doc(e->text));
  annotate_for_head(nlp, head_, docs);
  component.predict(docs);
  std::map<std::string, bool> right;
  for (size_t i = 0; i < docs.size(); ++i) {
    const LabeledExample& e = *examples[i];
    right[id_of(e, head_)] = best_label(docs[i], head_).label == e.label(head_);
  }
  return right;
}

double LiveAnswers::count_right(std::span<const LabeledExample> examples, const Language& nlp,
                                const TrainableComponent& component) {
  const auto known = read();
  std::vector<const LabeledExample*> unknown;
  for (const LabeledExample& e : examples) {
    if (!known.contains(id_of(e, head_))) unknown.push_back(&e);
  }
  now_ = ask(unknown, nlp, component);
  changed_ = !now_.empty();
  double right = 0;
  for (const LabeledExample& e : examples) {
    const std::string id = id_of(e, head_);
    const auto found = known.find(id);
    if (found != known.end()) now_.emplace(id, found->second);
    right += now_.at(id);
  }
  return right;
}

}  // namespace pawl::learn

// Answers the parity tests of the entity recogniser: one JSON request a line, one answer a line.
#include <algorithm>
#include <string>
#include <vector>

#include "pipeline/ner/ner.h"
#include "transition_driver.h"

namespace pawl {
namespace {

Json entities_json(const Doc& doc) {
  Json out = Json::array();
  for (const Span& span : doc.entities()) {
    Json entity = Json::array();
    entity.push_back(Json(static_cast<int64_t>(doc[span.start].idx)));
    entity.push_back(Json(static_cast<int64_t>(doc[span.end - 1].end())));
    entity.push_back(Json(doc.vocab().strings().at(span.label)));
    out.push_back(std::move(entity));
  }
  return out;
}

class Session : public TransitionSession {
 public:
  Session() : TransitionSession("ner") {}

  Json answer(const Json& request) {
    const std::string& what = request.at("do").as_string();
    if (what == "load") return load(request);
    if (what == "predict") return predict(request);
    if (what == "margin") return margin(request);
    if (what == "save") return save(request);
    if (what == "initialize") return initialize(examples(request), request);
    if (what == "add_label") return add_label(request);
    if (what == "update") return update(examples(request), request);
    if (what == "rehearse") return rehearse(make_docs(request), request);
    if (what == "gradients") return gradients(request);
    throw Error(ErrorKind::kInvalidInput, "unknown request " + what);
  }

 private:
  Ner& ner() { return dynamic_cast<Ner&>(*nlp_->find_trainable("ner")); }

  // Only the recogniser (and a tok2vec it listens to) runs.
  Json predict(const Json& request) {
    std::vector<Doc> docs = make_docs(request);
    if (const Json* presets = request.find("presets")) set_presets(*presets, docs);
    if (const Component* tok2vec = nlp_->find_trainable("tok2vec")) tok2vec->predict(docs);
    ner().predict(docs);
    Json out = Json::array();
    for (const Doc& doc : docs) out.push_back(entities_json(doc));
    return out;
  }

  // Per text a list of [token, ent_iob, label] and [token, "sent"].
  void set_presets(const Json& presets, std::vector<Doc>& docs) {
    for (size_t i = 0; i < docs.size(); ++i) {
      for (const Json& preset : presets.as_array()[i].as_array()) {
        const auto& fields = preset.as_array();
        Token& token = docs[i][static_cast<size_t>(fields[0].as_int())];
        if (fields[1].is_string()) {
          token.sent_start = 1;
          continue;
        }
        token.ent_iob = static_cast<EntIob>(fields[1].as_int());
        const std::string& label = fields[2].as_string();
        token.ent_type = label.empty() ? 0 : nlp_->vocab().strings().add(label);
      }
    }
  }

  // The smallest lead of an action over the next best one.
  Json margin(const Json& request) {
    const Doc doc = nlp_->make_doc(request.at("text").as_string());
    double least = 1e9;
    for (const float m : ner().margins(doc)) least = std::min(least, static_cast<double>(m));
    return Json(least);
  }

  std::vector<Example> examples(const Json& request) {
    std::vector<Example> out;
    for (const Json& given : request.at("examples").as_array()) {
      Example example;
      example.predicted = nlp_->make_doc(given.at("text").as_string());
      if (const Json* weight = given.find("weight")) {
        example.weight = static_cast<float>(weight->as_double());
      }
      if (const Json* entities = given.find("entities")) {
        example.has_entities = true;
        for (const Json& entity : entities->as_array()) add_entity(entity, example);
      }
      if (const Json* missing = given.find("missing")) {
        example.missing_entity.assign(example.predicted.size(), 0);
        for (const Json& i : missing->as_array()) {
          example.missing_entity[static_cast<size_t>(i.as_int())] = 1;
        }
      }
      out.push_back(std::move(example));
    }
    return out;
  }

  void add_entity(const Json& entity, Example& example) {
    const auto& fields = entity.as_array();
    const auto [start, end] = example.predicted.char_span(
        static_cast<uint32_t>(fields[0].as_int()), static_cast<uint32_t>(fields[1].as_int()));
    if (start == end) throw Error(ErrorKind::kInvalidInput, "misaligned entity");
    example.entities.push_back({start, end, nlp_->vocab().strings().add(fields[2].as_string())});
  }

  Json add_label(const Json& request) {
    ner().add_label(request.at("label").as_string());
    return labels_json();
  }
};

}  // namespace
}  // namespace pawl

int main() {
  return pawl::answer_lines<pawl::Session>();
}

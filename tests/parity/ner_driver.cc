// Answers the parity tests of the entity recogniser: one JSON request a line, one answer a line.
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "base/rng.h"
#include "nn/optimizer.h"
#include "pipeline/language.h"
#include "pipeline/ner/ner.h"

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

class Session {
 public:
  Json answer(const Json& request) {
    const std::string& what = request.at("do").as_string();
    if (what == "load") return load(request);
    if (what == "predict") return predict(request);
    if (what == "margin") return margin(request);
    if (what == "save") return save(request);
    if (what == "initialize") return initialize(request);
    if (what == "add_label") return add_label(request);
    if (what == "update") return update(request);
    if (what == "rehearse") return rehearse(request);
    if (what == "gradients") return gradients(request);
    throw Error(ErrorKind::kInvalidInput, "unknown request " + what);
  }

 private:
  Ner& ner() { return dynamic_cast<Ner&>(*nlp_->find_trainable("ner")); }

  Json load(const Json& request) {
    nlp_ = Language::from_disk(Env::real(), request.at("path").as_string());
    adam_ = std::make_unique<nn::Adam>();
    teacher_ = request.find("teacher") != nullptr ? nlp_->clone() : nullptr;
    return Json::object();
  }

  // Only the recogniser (and a tok2vec it listens to) runs.
  Json predict(const Json& request) {
    std::vector<Doc> docs;
    for (const Json& text : request.at("texts").as_array()) {
      docs.push_back(nlp_->make_doc(text.as_string()));
    }
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

  Json save(const Json& request) {
    nlp_->to_disk(Env::real(), request.at("path").as_string());
    return Json::object();
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

  Json initialize(const Json& request) {
    Rng rng(request.at("seed").as_uint());
    const auto given = examples(request);
    ner().initialize(given, rng, Progress::silent());
    return labels_json();
  }

  Json labels_json() {
    Json out = Json::array();
    for (const std::string& label : ner().labels()) out.push_back(Json(label));
    return out;
  }

  Json add_label(const Json& request) {
    ner().add_label(request.at("label").as_string());
    return labels_json();
  }

  UpdateOptions options(const Json& request) {
    UpdateOptions out;
    if (const Json* step = request.find("step"); step == nullptr || step->as_bool()) {
      out.optimizer = adam_.get();
    }
    if (const Json* dropout = request.find("dropout")) {
      out.dropout = dropout->as_double();
      out.rng = &rng_;
    }
    return out;
  }

  Json losses_json(const Losses& losses) {
    Json out = Json::object();
    for (const auto& [name, loss] : losses) out[name] = loss;
    return out;
  }

  Json update(const Json& request) {
    auto given = examples(request);
    Losses losses;
    const UpdateOptions how = options(request);
    TrainableComponent* tok2vec = nlp_->find_trainable("tok2vec");
    if (tok2vec != nullptr) tok2vec->update(given, how, losses);
    ner().update(given, how, losses);
    if (tok2vec != nullptr) dynamic_cast<Tok2VecUpstream&>(*tok2vec).finish_batch();
    if (tok2vec != nullptr) tok2vec->weights_changed();
    ner().weights_changed();
    return losses_json(losses);
  }

  Json rehearse(const Json& request) {
    std::vector<Doc> docs;
    for (const Json& text : request.at("texts").as_array()) {
      docs.push_back(nlp_->make_doc(text.as_string()));
    }
    Losses losses;
    ner().rehearse(docs, *teacher_->find_trainable("ner"), options(request), losses);
    ner().weights_changed();
    return losses_json(losses);
  }

  // Gradients of a component's parameters in walk order, as float32 in a file.
  Json gradients(const Json& request) {
    std::ofstream file(request.at("path").as_string(), std::ios::binary);
    Json out = Json::array();
    int64_t index = 0;
    for (nn::Node* node : nn::walk(nlp_->find_trainable(request.at("pipe").as_string())->model())) {
      for (const auto& param : node->params) {
        Json entry = Json::array();
        entry.push_back(Json(index));
        entry.push_back(Json(param->name));
        entry.push_back(Json(static_cast<int64_t>(param->gradient.size())));
        out.push_back(std::move(entry));
        file.write(reinterpret_cast<const char*>(param->gradient.data()),
                   static_cast<std::streamsize>(param->gradient.size() * sizeof(float)));
        param->clear_gradient();
      }
      ++index;
    }
    return out;
  }

  std::unique_ptr<Language> nlp_;
  std::unique_ptr<Language> teacher_;
  std::unique_ptr<nn::Adam> adam_;
  Rng rng_{1};
};

}  // namespace
}  // namespace pawl

int main() {
  pawl::Session session;
  std::string line;
  while (std::getline(std::cin, line)) {
    pawl::Json answer = pawl::Json::object();
    try {
      answer["ok"] = session.answer(pawl::parse_json(line));
    } catch (const pawl::Error& error) {
      answer["error"] = error.what();
    }
    std::cout << pawl::to_json(answer) << std::endl;
  }
  return 0;
}

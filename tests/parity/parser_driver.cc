// Answers the parity tests of the dependency parser: one JSON request a line, one answer a line.
#include <algorithm>
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
#include "pipeline/parser/parser.h"
#include "pipeline/tagger/tagger.h"

namespace pawl {
namespace {

class Session {
 public:
  Json answer(const Json& request) {
    const std::string& what = request.at("do").as_string();
    if (what == "load") return load(request);
    if (what == "predict") return predict(request);
    if (what == "margin") return margin(request);
    if (what == "save") return save(request);
    if (what == "walk") return walk(request);
    if (what == "oracle") return oracle(request);
    if (what == "gold") return gold(request);
    if (what == "initialize") return initialize(request);
    if (what == "add_label") return Json(parser().add_label(request.at("label").as_string()));
    if (what == "update") return update(request);
    if (what == "rehearse") return rehearse(request);
    if (what == "gradients") return gradients(request);
    throw Error(ErrorKind::kInvalidInput, "unknown request " + what);
  }

 private:
  DependencyParser& parser() {
    return dynamic_cast<DependencyParser&>(*nlp_->find_trainable("parser"));
  }
  std::string label(StringId id) { return id == 0 ? "" : nlp_->vocab().strings().at(id); }

  Json load(const Json& request) {
    nlp_ = Language::from_disk(Env::real(), request.at("path").as_string());
    adam_ = std::make_unique<nn::Adam>();
    teacher_ = request.find("teacher") != nullptr ? nlp_->clone() : nullptr;
    return Json::object();
  }

  std::vector<Doc> make_docs(const Json& request) {
    std::vector<Doc> docs;
    for (const Json& text : request.at("texts").as_array()) {
      docs.push_back(nlp_->make_doc(text.as_string()));
    }
    if (const Json* starts = request.find("starts")) {
      for (size_t i = 0; i < docs.size(); ++i) set_starts(starts->as_array()[i], docs[i]);
    }
    return docs;
  }

  void set_starts(const Json& starts, Doc& doc) {
    for (size_t i = 0; i < doc.size(); ++i) {
      doc[i].sent_start = static_cast<int8_t>(starts.as_array()[i].as_int());
    }
  }

  Json document(const Doc& doc) {
    Json heads = Json::array(), deps = Json::array(), starts = Json::array();
    for (const Token& token : doc.tokens()) {
      heads.push_back(Json(static_cast<int64_t>(token.head)));
      deps.push_back(Json(label(token.dep)));
      starts.push_back(Json(static_cast<int64_t>(token.sent_start)));
    }
    Json entities = Json::array();
    for (const Span& span : doc.entities()) {
      Json entity = Json::array();
      entity.push_back(Json(static_cast<int64_t>(span.start)));
      entity.push_back(Json(static_cast<int64_t>(span.end)));
      entity.push_back(Json(label(span.label)));
      entities.push_back(std::move(entity));
    }
    Json out = Json::object();
    out["heads"] = std::move(heads);
    out["deps"] = std::move(deps);
    out["starts"] = std::move(starts);
    out["ents"] = std::move(entities);
    return out;
  }

  Json predict(const Json& request) {
    std::vector<Doc> docs = make_docs(request);
    nlp_->annotate(docs);
    Json out = Json::array();
    for (const Doc& doc : docs) out.push_back(document(doc));
    return out;
  }

  // The smallest lead of an action over the next best one; with "ner" the recogniser's, with
  // "tagger" the least lead of a tag, else the parser's.
  Json margin(const Json& request) {
    Doc doc = nlp_->make_doc(request.at("text").as_string());
    const Component* tok2vec = nlp_->find_trainable("tok2vec");
    if (tok2vec != nullptr) tok2vec->predict({&doc, 1});
    if (request.find("tagger") != nullptr) return tag_margin(doc);
    double least = 1e9;
    for (const float m : parser().margins(doc)) least = std::min(least, static_cast<double>(m));
    if (request.find("ner") != nullptr) {
      parser().predict({&doc, 1});
      least = 1e9;
      const auto& ner = dynamic_cast<Ner&>(*nlp_->find_trainable("ner"));
      for (const float m : ner.margins(doc)) least = std::min(least, static_cast<double>(m));
    }
    return Json(least);
  }

  Json tag_margin(const Doc& doc) {
    const auto& tagger = dynamic_cast<const Tagger&>(*nlp_->find("tagger"));
    double least = 1e9;
    for (const float m : tagger.margins({&doc, 1})) least = std::min(least, static_cast<double>(m));
    return Json(least);
  }

  Json save(const Json& request) {
    nlp_->to_disk(Env::real(), request.at("path").as_string());
    return Json::object();
  }

  // {"text", "tokens": [[start, end, head offset, label, sentence start], ...], "starts"?,
  // "weight"?}
  Example example(const Json& given) {
    auto reference = std::make_shared<GoldDoc>();
    reference->text = given.at("text").as_string();
    for (const Json& entry : given.at("tokens").as_array()) {
      const auto& fields = entry.as_array();
      GoldToken token{static_cast<uint32_t>(fields[0].as_int()),
                      static_cast<uint32_t>(fields[1].as_int())};
      token.said.head = static_cast<int32_t>(fields[2].as_int());
      const std::string& dep = fields[3].as_string();
      token.said.dep = dep.empty() ? 0 : nlp_->vocab().strings().add(dep);
      token.said.sent_start = static_cast<int8_t>(fields[4].as_int());
      reference->tokens.push_back(token);
    }
    Example out;
    out.predicted = nlp_->make_doc(reference->text);
    if (const Json* starts = given.find("starts")) set_starts(*starts, out.predicted);
    if (const Json* weight = given.find("weight")) {
      out.weight = static_cast<float>(weight->as_double());
    }
    out.alignment = align(out.predicted, *reference);
    out.reference = std::move(reference);
    return out;
  }

  std::vector<Example> examples(const Json& request) {
    std::vector<Example> out;
    for (const Json& given : request.at("examples").as_array()) out.push_back(example(given));
    return out;
  }

  // What the reference becomes over the predicted tokens.
  Json gold(const Json& request) {
    const Example given = example(request.at("example"));
    const ArcEagerGold known = arc_eager_gold(given, parser().actions(), nlp_->vocab().strings());
    Json heads = Json::array(), labels = Json::array();
    for (size_t i = 0; i < known.heads.size(); ++i) {
      heads.push_back(known.known[i] ? Json(static_cast<int64_t>(known.heads[i])) : Json());
      labels.push_back(Json(label(known.labels[i])));
    }
    Json out = Json::object();
    out["heads"] = std::move(heads);
    out["labels"] = std::move(labels);
    return out;
  }

  // The costs of all actions in every state that the given actions lead to.
  Json walk(const Json& request) {
    const Example given = example(request.at("example"));
    const ArcEagerGold known = arc_eager_gold(given, parser().actions(), nlp_->vocab().strings());
    const std::vector<ArcEagerAction> actions = parser().actions().actions();
    std::vector<uint8_t> valid(actions.size());
    std::vector<float> costs(actions.size());
    ArcEagerState state(given.predicted.tokens());
    Json out = Json::array();
    for (const Json& action : request.at("actions").as_array()) {
      set_costs(state, known, actions, valid.data(), costs.data());
      Json row = Json::array();
      for (const float cost : costs) row.push_back(Json(static_cast<double>(cost)));
      out.push_back(std::move(row));
      state.apply(actions.at(static_cast<size_t>(action.as_int())));
    }
    if (!state.is_final()) throw Error(ErrorKind::kInvalidInput, "the actions do not end");
    return out;
  }

  Json oracle(const Json& request) {
    const Example given = example(request.at("example"));
    const ArcEagerGold known = arc_eager_gold(given, parser().actions(), nlp_->vocab().strings());
    Json out = Json::array();
    for (const int action : oracle_sequence(ArcEagerState(given.predicted.tokens()), known,
                                            parser().actions().actions())) {
      out.push_back(Json(static_cast<int64_t>(action)));
    }
    return out;
  }

  Json initialize(const Json& request) {
    Rng rng(request.at("seed").as_uint());
    const auto given = examples(request);
    parser().initialize(given, rng, Progress::silent());
    Json out = Json::array();
    for (const std::string& name : parser().labels()) out.push_back(Json(name));
    return out;
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
    parser().update(given, how, losses);
    if (tok2vec != nullptr) {
      dynamic_cast<Tok2VecUpstream&>(*tok2vec).finish_batch();
      tok2vec->weights_changed();
    }
    parser().weights_changed();
    return losses_json(losses);
  }

  Json rehearse(const Json& request) {
    std::vector<Doc> docs = make_docs(request);
    Losses losses;
    parser().rehearse(docs, *teacher_->find_trainable("parser"), options(request), losses);
    parser().weights_changed();
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

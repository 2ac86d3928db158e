// Answers the parity tests of the dependency parser: one JSON request a line, one answer a line.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/ner/ner.h"
#include "pipeline/parser/parser.h"
#include "pipeline/tagger/tagger.h"
#include "transition_driver.h"

namespace pawl {
namespace {

class Session : public TransitionSession {
 public:
  Session() : TransitionSession("parser") {}

  Json answer(const Json& request) {
    const std::string& what = request.at("do").as_string();
    if (what == "load") return load(request);
    if (what == "predict") return predict(request);
    if (what == "margin") return margin(request);
    if (what == "save") return save(request);
    if (what == "walk") return walk(request);
    if (what == "oracle") return oracle(request);
    if (what == "gold") return gold(request);
    if (what == "initialize") return initialize(examples(request), request);
    if (what == "add_label") return Json(parser().add_label(request.at("label").as_string()));
    if (what == "update") return update(examples(request), request);
    if (what == "rehearse") return rehearse(docs_with_starts(request), request);
    if (what == "gradients") return gradients(request);
    throw Error(ErrorKind::kInvalidInput, "unknown request " + what);
  }

 private:
  DependencyParser& parser() {
    return dynamic_cast<DependencyParser&>(*nlp_->find_trainable("parser"));
  }
  std::string label(StringId id) { return id == 0 ? "" : nlp_->vocab().strings().at(id); }

  std::vector<Doc> docs_with_starts(const Json& request) {
    std::vector<Doc> docs = make_docs(request);
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
    std::vector<Doc> docs = docs_with_starts(request);
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
};

}  // namespace
}  // namespace pawl

int main() {
  return pawl::answer_lines<pawl::Session>();
}

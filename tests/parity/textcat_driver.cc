// Answers the parity tests of tok2vec and textcat: one JSON request a line, one answer a line.
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
#include "pipeline/tok2vec/link.h"

namespace pawl {
namespace {

class Session {
 public:
  Json answer(const Json& request) {
    const std::string& what = request.at("do").as_string();
    if (what == "load") return load(request);
    if (what == "predict") return predict(request);
    if (what == "tensors") return tensors(request);
    if (what == "initialize") return initialize(request);
    if (what == "add_label") return add_label(request);
    if (what == "update") return update(request);
    if (what == "rehearse") return rehearse(request);
    if (what == "gradients") return gradients(request);
    if (what == "save") return save(request);
    throw Error(ErrorKind::kInvalidInput, "unknown request " + what);
  }

 private:
  // Also makes the loaded state the teacher of rehearsals.
  Json load(const Json& request) {
    nlp_ = Language::from_disk(Env::real(), request.at("path").as_string());
    teacher_ = nlp_->clone();
    adam_ = std::make_unique<nn::Adam>();
    return Json::object();
  }

  std::vector<Doc> docs(const Json& texts) const {
    std::vector<Doc> out;
    for (const Json& text : texts.as_array()) out.push_back(nlp_->make_doc(text.as_string()));
    return out;
  }

  std::vector<Doc> annotated(const Json& request) const {
    std::vector<Doc> out = docs(request.at("texts"));
    nlp_->annotate(out);
    return out;
  }

  Json predict(const Json& request) {
    Json out = Json::array();
    for (const Doc& doc : annotated(request)) {
      Json cats = Json::object();
      for (const auto& [label, score] : doc.cats()) cats[label] = static_cast<double>(score);
      out.push_back(std::move(cats));
    }
    return out;
  }

  Json tensors(const Json& request) {
    Json out = Json::array();
    for (const Doc& doc : annotated(request)) {
      Json values = Json::array();
      for (const float value : doc.tensor()) values.push_back(static_cast<double>(value));
      out.push_back(std::move(values));
    }
    return out;
  }

  Example example(const Json& item) const {
    Example out;
    out.predicted = nlp_->make_doc(item.at("text").as_string());
    for (const auto& [label, value] : item.at("cats").as_object()) {
      out.cats.emplace_back(label, static_cast<float>(value.as_double()));
    }
    if (const Json* weight = item.find("weight")) {
      out.weight = static_cast<float>(weight->as_double());
    }
    return out;
  }

  std::vector<Example> examples(const Json& items) const {
    std::vector<Example> out;
    for (const Json& item : items.as_array()) out.push_back(example(item));
    return out;
  }

  TrainableComponent& component(const Json& request) const {
    return *nlp_->find_trainable(request.at("name").as_string());
  }

  TrainableComponent* upstream() const { return nlp_->find_trainable("tok2vec"); }

  Json initialize(const Json& request) {
    const auto items = examples(request.at("examples"));
    Rng rng(request.at("seed").as_uint());
    if (upstream()) upstream()->initialize(items, rng, Progress::silent());
    component(request).initialize(items, rng, Progress::silent());
    return Json::object();
  }

  Json add_label(const Json& request) {
    const bool added = component(request).add_label(request.at("label").as_string());
    adam_ = std::make_unique<nn::Adam>();
    return Json(added);
  }

  Losses step(const Json& request, const Json& batch, nn::Adam* adam) {
    auto items = examples(batch);
    Losses losses;
    UpdateOptions options;
    options.optimizer = adam;
    options.rng = &rng_;
    if (const Json* dropout = request.find("dropout")) options.dropout = dropout->as_double();
    if (upstream()) upstream()->update(items, options, losses);
    component(request).update(items, options, losses);
    if (upstream()) dynamic_cast<Tok2VecUpstream&>(*upstream()).finish_batch();
    return losses;
  }

  Json update(const Json& request) {
    if (const Json* rate = request.find("learn_rate")) adam_->set_learn_rate(rate->as_double());
    rng_ = Rng(request.find("seed") ? request.at("seed").as_uint() : 0);
    Json out = Json::array();
    for (const Json& batch : request.at("batches").as_array()) {
      Json losses = Json::object();
      for (const auto& [name, loss] : step(request, batch, adam_.get())) losses[name] = loss;
      out.push_back(std::move(losses));
    }
    finish_training(request);
    return out;
  }

  void finish_training(const Json& request) {
    for (TrainableComponent* each : {upstream(), &component(request)}) {
      if (!each) continue;
      adam_->settle(each->model());
      if (request.find("averages")) adam_->swap_averages(each->model());
      each->weights_changed();
    }
  }

  Json rehearse(const Json& request) {
    Json out = Json::array();
    for (const Json& batch : request.at("batches").as_array()) {
      auto texts = docs(batch);
      Losses losses;
      UpdateOptions options;
      options.optimizer = adam_.get();
      const auto& name = request.at("name").as_string();
      component(request).rehearse(texts, *teacher_->find_trainable(name), options, losses);
      out.push_back(losses.at(name));
    }
    finish_training(request);
    return out;
  }

  // Writes every gradient, as thinc lays it out, to "<component>.<node>.<parameter>".
  Json gradients(const Json& request) {
    const Losses losses = step(request, request.at("examples"), nullptr);
    const Path folder = request.at("path").as_string();
    if (upstream()) write_gradients(upstream()->model(), folder, "tok2vec");
    write_gradients(component(request).model(), folder, component(request).name());
    return Json(losses.at(component(request).name()));
  }

  static void write_gradients(nn::Node& root, const Path& folder, const std::string& prefix) {
    const auto nodes = nn::walk(root);
    for (size_t i = 0; i < nodes.size(); ++i) {
      for (const auto& param : nodes[i]->params) {
        if (!param->has_gradient()) continue;
        const std::string name = prefix + "." + std::to_string(i) + "." + param->name;
        std::ofstream file(folder / name, std::ios::binary);
        const FloatVector values = in_file_order(*param);
        file.write(reinterpret_cast<const char*>(values.data()),
                   static_cast<std::streamsize>(values.size() * sizeof(float)));
      }
    }
  }

  static FloatVector in_file_order(const nn::Param& param) {
    if (!param.transposed) return param.gradient;
    const size_t rows = param.size() / param.row_width;
    FloatVector out(param.size());
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = 0; j < param.row_width; ++j) {
        out[j * rows + i] = param.gradient[i * param.row_width + j];
      }
    }
    return out;
  }

  Json save(const Json& request) {
    nlp_->to_disk(Env::real(), request.at("path").as_string());
    return Json::object();
  }

  std::unique_ptr<Language> nlp_, teacher_;
  std::unique_ptr<nn::Adam> adam_;
  Rng rng_{0};
};

}  // namespace
}  // namespace pawl

int main() {
  pawl::Session session;
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << pawl::to_json(session.answer(pawl::parse_json(line))) << std::endl;
    } catch (const std::exception& error) {
      pawl::Json out = pawl::Json::object();
      out["error"] = error.what();
      std::cout << pawl::to_json(out) << std::endl;
    }
  }
}

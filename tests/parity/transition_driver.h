// What the drivers of parser and entity recogniser share: updates, gradients and the conversation
// over standard input and output.
#pragma once

#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "nn/optimizer.h"
#include "pipeline/language.h"
#include "pipeline/tok2vec/link.h"

namespace pawl {

class TransitionSession {
 protected:
  // The component that is asked; of the pipeline that was loaded, or of its copy as it was before.
  explicit TransitionSession(std::string name) : name_(std::move(name)) {}

  TrainableComponent& component() { return *nlp_->find_trainable(name_); }

  Json load(const Json& request) {
    nlp_ = Language::from_disk(Env::real(), request.at("path").as_string());
    adam_ = std::make_unique<nn::Adam>();
    teacher_ = request.find("teacher") != nullptr ? nlp_->clone() : nullptr;
    return Json::object();
  }

  std::vector<Doc> make_docs(const Json& request) {
    std::vector<Doc> docs;
    for (const Json& text : request.at("texts").as_array())
      docs.push_back(nlp_->make_doc(text.as_string()));
    return docs;
  }

  Json save(const Json& request) {
    nlp_->to_disk(Env::real(), request.at("path").as_string());
    return Json::object();
  }

  Json labels_json() {
    Json out = Json::array();
    for (const std::string& label : component().labels()) out.push_back(Json(label));
    return out;
  }

  Json initialize(const std::vector<Example>& examples, const Json& request) {
    Rng rng(request.at("seed").as_uint());
    component().initialize(examples, rng, Progress::silent());
    return labels_json();
  }

  Json update(std::vector<Example> examples, const Json& request) {
    Losses losses;
    const UpdateOptions how = options(request);
    TrainableComponent* tok2vec = nlp_->find_trainable("tok2vec");
    if (tok2vec != nullptr) tok2vec->update(examples, how, losses);
    component().update(examples, how, losses);
    if (tok2vec != nullptr) {
      dynamic_cast<Tok2VecUpstream&>(*tok2vec).finish_batch();
      tok2vec->weights_changed();
    }
    component().weights_changed();
    return losses_json(losses);
  }

  Json rehearse(std::vector<Doc> docs, const Json& request) {
    Losses losses;
    component().rehearse(docs, *teacher_->find_trainable(name_), options(request), losses);
    component().weights_changed();
    return losses_json(losses);
  }

  // Gradients of a component's parameters in walk order, as float32 in a file.
  Json gradients(const Json& request) {
    std::ofstream file(request.at("path").as_string(), std::ios::binary);
    Json out = Json::array();
    int64_t index = 0;
    for (nn::Node* node : nn::walk(nlp_->find_trainable(request.at("pipe").as_string())->model())) {
      for (const auto& param : node->params) {
        out.push_back(Json::Array{Json(index), Json(param->name),
                                  Json(static_cast<int64_t>(param->gradient.size()))});
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

 private:
  UpdateOptions options(const Json& request) {
    UpdateOptions out;
    if (const Json* step = request.find("step"); step == nullptr || step->as_bool())
      out.optimizer = adam_.get();
    if (const Json* dropout = request.find("dropout")) {
      out.dropout = dropout->as_double();
      out.rng = &rng_;
    }
    return out;
  }

  static Json losses_json(const Losses& losses) {
    Json out = Json::object();
    for (const auto& [name, loss] : losses) out[name] = loss;
    return out;
  }

  std::string name_;
  Rng rng_{1};
};

// Answers each line of standard input with {"ok"} or {"error"}.
template <typename Session>
int answer_lines() {
  Session session;
  std::string line;
  while (std::getline(std::cin, line)) {
    Json answer = Json::object();
    try {
      answer["ok"] = session.answer(parse_json(line));
    } catch (const Error& error) {
      answer["error"] = error.what();
    }
    std::cout << to_json(answer) << std::endl;
  }
  return 0;
}

}  // namespace pawl

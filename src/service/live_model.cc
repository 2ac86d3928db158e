#include "service/live_model.h"

#include <utility>

#include "learn/heads/heads.h"
#include "service/analysis.h"

namespace pawl::service {
namespace {

class PipelineModel : public learn::CollectModel {
 public:
  PipelineModel(const Language* nlp, std::string generation)
      : nlp_(nlp), generation_(std::move(generation)) {}

  std::string generation_id() const override { return generation_; }

  std::vector<learn::SelfAnalysis> analyze(std::span<const std::string> texts) override {
    std::vector<learn::SelfAnalysis> out(texts.size());
    if (nlp_ == nullptr) return out;
    const std::vector<Doc> docs = nlp_->pipe(texts);
    for (size_t i = 0; i < docs.size(); ++i) {
      const Analysis analysis = describe(docs[i], generation_);
      out[i].intent = analysis.intent;
      out[i].intent_confidence = analysis.intent_confidence;
      out[i].sentiment = analysis.sentiment;
      out[i].sentiment_confidence = analysis.sentiment_confidence;
      out[i].persona = analysis.persona;
      for (const auto& e : analysis.entities) out[i].entities.push_back({e.start, e.end, e.label});
      out[i].persons = persons_of(docs[i]);
    }
    return out;
  }

  std::vector<std::vector<learn::CodePointSpan>> find_persons(
      std::span<const std::string> texts) override {
    std::vector<std::vector<learn::CodePointSpan>> out(texts.size());
    const Component* ner =
        nlp_ != nullptr ? nlp_->find(learn::component_name(learn::Head::kEntities)) : nullptr;
    if (ner == nullptr) return out;
    const std::vector<Doc> docs = nlp_->pipe(texts);
    for (size_t i = 0; i < docs.size(); ++i) out[i] = persons_of(docs[i]);
    return out;
  }

 private:
  static std::vector<learn::CodePointSpan> persons_of(const Doc& doc) {
    std::vector<learn::CodePointSpan> persons;
    for (const Span& span : doc.entities()) {
      const std::string& label = doc.vocab().strings().at(span.label);
      if (label == "PERSON" || label == "PER")
        persons.push_back({doc[span.start].idx, doc[span.end - 1].end()});
    }
    return persons;
  }

  const Language* nlp_;
  std::string generation_;
};

}  // namespace

std::unique_ptr<learn::CollectModel> make_collect_model(const Language* nlp,
                                                        std::string generation) {
  return std::make_unique<PipelineModel>(nlp, std::move(generation));
}

}  // namespace pawl::service

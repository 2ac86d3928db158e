#include "service/collect.h"

#include <algorithm>
#include <utility>

#include "learn/heads/heads.h"
#include "service/engine.h"
#include "service/intake.h"
#include "service/tenant.h"

namespace pawl::service {
namespace {

// Judged turns since the last look.
constexpr size_t kWorthALook = 5;

learn::SelfAnalysis self_analysis(const Doc& doc, const std::string& generation,
                                  const PersonaRules& rules) {
  const Analysis analysis = describe(doc, generation, rules);
  learn::SelfAnalysis out;
  out.intent = analysis.intent;
  out.intent_confidence = analysis.intent_confidence;
  out.sentiment = analysis.sentiment;
  out.sentiment_confidence = analysis.sentiment_confidence;
  out.persona = analysis.persona;
  for (const auto& e : analysis.entities) out.entities.push_back({e.start, e.end, e.label});
  return out;
}

}  // namespace

std::vector<learn::SelfAnalysis> self_analyses(const LiveModel& live,
                                               std::span<const std::string> texts,
                                               const PersonaRules& rules) {
  std::vector<learn::SelfAnalysis> out(texts.size());
  if (live.nlp == nullptr) return out;
  const std::vector<Doc> docs = live.nlp->pipe(texts);
  for (size_t i = 0; i < docs.size(); ++i) out[i] = self_analysis(docs[i], live.generation, rules);
  return out;
}

// The model that is live when a group is annotated, held until the next group.
class CollectStream::Model : public learn::CollectModel {
 public:
  Model(Engine& engine, std::string tenant) : engine_(engine), tenant_(std::move(tenant)) {}

  std::string generation_id() const override { return live_ != nullptr ? live_->generation : ""; }

  std::vector<learn::SelfAnalysis> analyze(std::span<const std::string> texts) override {
    renew();
    std::vector<learn::SelfAnalysis> out(texts.size());
    if (live_->nlp != nullptr) {
      const std::vector<Doc> docs = live_->nlp->pipe(texts);
      for (size_t i = 0; i < docs.size(); ++i) {
        out[i] = self_analysis(docs[i], live_->generation, *rules_);
        out[i].persons = persons_of(docs[i]);
      }
    }
    if (names_ == nullptr) return out;
    // The original recogniser alone decides: a head that has learnt may call anything a person.
    const std::vector<Doc> docs = names_->pipe(texts);
    for (size_t i = 0; i < docs.size(); ++i) out[i].persons = persons_of(docs[i]);
    return out;
  }

  std::vector<learn::SelfAnalysis> analyze_kept(std::span<const std::string> texts) override {
    return self_analyses(*live_, texts, *rules_);
  }

  std::vector<std::vector<learn::CodePointSpan>> find_persons(
      std::span<const std::string> texts) override {
    if (live_ == nullptr) renew();
    std::vector<std::vector<learn::CodePointSpan>> out(texts.size());
    const Language* finder = names_ != nullptr ? names_.get() : live_->nlp.get();
    if (finder == nullptr || finder->find(learn::component_name(learn::Head::kEntities)) == nullptr)
      return out;
    const std::vector<Doc> docs = finder->pipe(texts);
    for (size_t i = 0; i < docs.size(); ++i) out[i] = persons_of(docs[i]);
    return out;
  }

  const Warnings& warnings() const { return warnings_; }

 private:
  void renew() {
    live_ = engine_.live_models().get(tenant_);
    names_ = engine_.name_finders().get(tenant_, *live_);
    Warnings told = live_->warnings;
    rules_ = engine_.personas().rules(told);
    for (const auto& w : told) {
      if (std::find(warnings_.begin(), warnings_.end(), w) == warnings_.end())
        warnings_.push_back(w);
    }
  }

  Engine& engine_;
  std::string tenant_;
  std::shared_ptr<const LiveModel> live_;
  std::shared_ptr<const PersonaRules> rules_;
  std::shared_ptr<const Language> names_;  // null: the live model finds the names
  Warnings warnings_;
};

CollectStream::CollectStream(Engine& engine, const std::string& tenant)
    : model_(std::make_unique<Model>(engine, tenant)) {
  learn::CollectSettings settings;
  settings.tenant_id = tenant;
  settings.consent_by_default = engine.settings().flag("learning.default_consent");
  collector_ = std::make_unique<learn::Collector>(engine.env(), engine.store(), *model_, settings);
}

CollectStream::~CollectStream() = default;

void CollectStream::add_turn(uint64_t line, learn::TurnInput turn) {
  collector_->add_turn(line, std::move(turn));
}
void CollectStream::add_feedback(uint64_t line, learn::FeedbackInput feedback) {
  collector_->add_feedback(line, std::move(feedback));
}
void CollectStream::reject(uint64_t line, const std::string& reason) {
  collector_->reject(line, reason);
}
void CollectStream::flush() {
  collector_->flush();
}
void CollectStream::on_stored(std::function<void(const learn::StoredLine&)> call) {
  collector_->on_stored(std::move(call));
}
void CollectStream::on_rejected(std::function<void(const learn::RejectedLine&)> call) {
  collector_->on_rejected(std::move(call));
}
const learn::CollectSummary& CollectStream::summary() const {
  return collector_->summary();
}
const Warnings& CollectStream::warnings() const {
  return model_->warnings();
}

std::unique_ptr<CollectStream> Tenant::collect_stream() const {
  require();
  return std::make_unique<CollectStream>(*engine_, id_);
}

Answer<CollectedTurn> Tenant::collect(learn::TurnInput turn) const {
  return add(std::move(turn));
}

Answer<CollectedTurn> Tenant::feedback(learn::FeedbackInput feedback) const {
  return add(std::move(feedback));
}

Answer<CollectedTurn> Tenant::add(std::variant<learn::TurnInput, learn::FeedbackInput> said) const {
  require();
  Intake& intake = engine_->intake(id_);
  auto answer = intake.add(std::move(said));
  if (!engine_->watches() || !intake.is_time_to_watch()) return answer;
  const auto watched = watch(kWorthALook);
  answer.warnings.insert(answer.warnings.end(), watched.warnings.begin(), watched.warnings.end());
  return answer;
}

}  // namespace pawl::service

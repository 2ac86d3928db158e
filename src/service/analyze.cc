#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/utf8.h"
#include "learn/intake/collect.h"
#include "pipeline/run_components.h"
#include "service/encoder_reach.h"
#include "service/engine.h"
#include "service/tenant.h"

namespace pawl::service {
namespace {

constexpr size_t kBatch = 128;

void refuse_too_long(std::span<const std::string> texts, size_t limit) {
  for (const std::string& text : texts) {
    if (text.size() <= limit) continue;
    if (const size_t length = utf8::count(text); length > limit) {
      throw Error(ErrorKind::kInvalidInput,
                  "the text has " + std::to_string(length) +
                      " characters, more than analysis.max_characters, which is " +
                      std::to_string(limit) + "; split it");
    }
  }
}

// Analyses of texts by the model, which has a pipeline.
std::vector<Analysis> analyze_batch(const LiveModel& model, std::span<const std::string> texts) {
  std::vector<Analysis> out(texts.size());
  std::vector<Doc> docs;
  std::vector<size_t> places;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (auto known = model.recent->find(texts[i])) {
      out[i] = std::move(*known);
      continue;
    }
    docs.push_back(model.nlp->make_doc(texts[i]));
    places.push_back(i);
  }
  if (!docs.empty()) run_components(model.for_analysis, docs);
  for (size_t j = 0; j < docs.size(); ++j) {
    out[places[j]] = describe(docs[j], model.generation);
    out[places[j]].encoder_reach = encoder_reach(*model.nlp, docs[j].text());
    model.recent->keep(texts[places[j]], out[places[j]]);
  }
  for (Analysis& analysis : out) analysis.degraded = model.degraded;
  return out;
}

void follow_user(Engine& engine, const std::string& tenant, const std::string& user_id,
                 std::vector<Analysis>& analyses) {
  if (user_id.empty() || analyses.empty()) return;
  const std::string stored = learn::stored_id(
      user_id, learn::id_secret(engine.env(), engine.store()), learn::IdOf::kPerson);
  const PersonaHistory history =
      read_from(engine.store(), [&](Transaction& t) { return t.persona_history(tenant, stored); });
  for (Analysis& analysis : analyses) {
    PersonaChoice choice = prefer({analysis.persona, analysis.persona_reason}, history);
    analysis.persona = std::move(choice.persona);
    analysis.persona_reason = std::move(choice.reason);
  }
}

}  // namespace

Answer<std::vector<Analysis>> Tenant::analyze(std::span<const std::string> texts,
                                              const std::string& user_id) const {
  refuse_too_long(texts, static_cast<size_t>(engine_->integer_setting("analysis.max_characters")));
  const auto model = engine_->live_models().get(id_);
  Answer<std::vector<Analysis>> answer{{}, model->warnings};
  const auto rules = engine_->personas().rules(answer.warnings);
  answer.value.reserve(texts.size());
  if (model->nlp == nullptr) {
    for (const auto& text : texts) answer.value.push_back(describe_by_rules(text, *rules));
  } else {
    for (size_t begin = 0; begin < texts.size(); begin += kBatch) {
      auto batch =
          analyze_batch(*model, texts.subspan(begin, std::min(kBatch, texts.size() - begin)));
      std::move(batch.begin(), batch.end(), std::back_inserter(answer.value));
    }
    for (Analysis& analysis : answer.value) choose_persona(analysis, *rules);
  }
  follow_user(*engine_, id_, user_id, answer.value);
  return answer;
}

}  // namespace pawl::service

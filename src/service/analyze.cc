#include "service/engine.h"
#include "service/tenant.h"

namespace pawl::service {

Answer<std::vector<Analysis>> Tenant::analyze(std::span<const std::string> texts) const {
  const auto model = engine_->live_models().get(id_);
  Answer<std::vector<Analysis>> answer{{}, model->warnings};
  answer.value.reserve(texts.size());
  if (model->nlp == nullptr) {
    for (const auto& text : texts) answer.value.push_back(describe_by_rules(text));
    return answer;
  }
  for (const Doc& doc : model->nlp->pipe(texts)) {
    answer.value.push_back(describe(doc, model->generation));
    answer.value.back().degraded = model->degraded;
  }
  return answer;
}

}  // namespace pawl::service

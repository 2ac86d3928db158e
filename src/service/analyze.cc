#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
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

std::vector<Doc> annotated(const LiveModel& model, std::span<const std::string> texts) {
  std::vector<Doc> docs;
  docs.reserve(texts.size());
  for (const std::string& text : texts) docs.push_back(model.nlp->make_doc(text));
  for (const Component* component : model.for_analysis) component->predict(docs);
  return docs;
}

}  // namespace

Answer<std::vector<Analysis>> Tenant::analyze(std::span<const std::string> texts) const {
  refuse_too_long(texts,
                  static_cast<size_t>(engine_->settings().integer("analysis.max_characters")));
  const auto model = engine_->live_models().get(id_);
  Answer<std::vector<Analysis>> answer{{}, model->warnings};
  answer.value.reserve(texts.size());
  if (model->nlp == nullptr) {
    for (const auto& text : texts) answer.value.push_back(describe_by_rules(text));
    return answer;
  }
  for (size_t begin = 0; begin < texts.size(); begin += kBatch) {
    for (const Doc& doc :
         annotated(*model, texts.subspan(begin, std::min(kBatch, texts.size() - begin)))) {
      answer.value.push_back(describe(doc, model->generation));
      answer.value.back().degraded = model->degraded;
      answer.value.back().encoder_reach = encoder_reach(*model->nlp, doc.text());
    }
  }
  return answer;
}

}  // namespace pawl::service

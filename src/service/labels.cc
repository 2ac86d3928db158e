#include "service/labels.h"

#include "learn/heads/heads.h"

namespace pawl::service {

std::vector<std::pair<std::string, std::vector<std::string>>> labels_of(Engine& engine,
                                                                        const std::string& tenant) {
  const auto live = engine.live_models().get(tenant);
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  for (const learn::Head head : learn::all_heads()) {
    auto& [name, labels] =
        found.emplace_back(std::string(learn::head_name(head)), std::vector<std::string>());
    const Component* component =
        live->nlp != nullptr ? live->nlp->find(learn::component_name(head)) : nullptr;
    if (component == nullptr) continue;
    for (const std::string& label : component->labels()) {
      if (head->kind == learn::HeadKind::kSpans)
        labels.push_back(label);
      else if (const auto plain = learn::from_category(head, label))
        labels.push_back(*plain);
    }
  }
  return found;
}

}  // namespace pawl::service

#include "pipeline/run_components.h"

#include <vector>

#include "pipeline/hybrid/hybrid_textcat.h"

namespace pawl {

void run_components(std::span<const Component* const> components, std::span<Doc> docs) {
  std::vector<const HybridTextCat*> heads;
  for (const Component* component : components) {
    if (const auto* head = dynamic_cast<const HybridTextCat*>(component)) heads.push_back(head);
  }
  bool answered = false;
  for (const Component* component : components) {
    if (dynamic_cast<const HybridTextCat*>(component) == nullptr) {
      component->predict(docs);
    } else if (!answered) {
      HybridTextCat::predict_together(heads, docs);
      answered = true;
    }
  }
}

}  // namespace pawl

#include "learn/evidence/sources/source.h"

namespace pawl::learn {
namespace {

// An operator's label, as sure as the statement says.
class Review final : public Source {
 public:
  std::optional<std::string> named(const Voice& voice, Head head) const override {
    const Statement* said = voice.find("review", head->name);
    if (said == nullptr) return std::nullopt;
    return said->value;
  }

  void weigh(const Voice& voice, Head head, const Trust& trust, Scores& posterior) const override {
    const Statement* said = voice.find("review", head->name);
    if (said != nullptr)
      apply_named(posterior, said->value, trust.review * said->score, trust.labels);
  }
};

}  // namespace

std::unique_ptr<Source> review_source() {
  return std::make_unique<Review>();
}

}  // namespace pawl::learn

#include "learn/evidence/sources/source.h"

namespace pawl::learn {
namespace {

// The label that a person named. One other than the predicted is at the same time a judgement: who
// was answered well seldom takes the trouble.
class Correction final : public Source {
 public:
  std::optional<std::string> named(const Voice& voice, Head head) const override {
    const Statement* said = voice.find("correction", head->name);
    if (said == nullptr) return std::nullopt;
    return said->value;
  }

  void weigh(const Voice& voice, Head head, const Trust& trust, Scores& posterior) const override {
    const auto label = named(voice, head);
    if (!label) return;
    const double right = voice.own() ? trust.correction : trust.correction_by_another;
    if (trust.named_when_wrong > 0)
      apply_judged(posterior, *label, right, trust.named_when_wrong);
    else
      apply_named(posterior, *label, right, trust.labels);
    if (*label != voice.predicted())
      apply_judged(posterior, voice.predicted(), trust.correction_when_right, 1);
  }
};

}  // namespace

std::unique_ptr<Source> correction_source() {
  return std::make_unique<Correction>();
}

}  // namespace pawl::learn

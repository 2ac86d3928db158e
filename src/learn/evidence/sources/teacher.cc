#include "learn/evidence/sources/source.h"

namespace pawl::learn {
namespace {

// A larger model's label. Its author is the model with its prompt, whose record says how often it
// is right; like anybody who was not there it saw neither the need nor the answer, and that it was
// asked says nothing about the answer.
class Teacher final : public Source {
 public:
  std::optional<std::string> named(const Voice& voice, Head head) const override {
    const Statement* said = voice.find("teacher", head->name);
    if (said == nullptr) return std::nullopt;
    return said->value;
  }

  void weigh(const Voice& voice, Head head, const Trust& trust, Scores& posterior) const override {
    const auto label = named(voice, head);
    if (!label) return;
    if (trust.named_when_wrong > 0)
      apply_judged(posterior, *label, trust.correction_by_another, trust.named_when_wrong);
    else
      apply_named(posterior, *label, trust.correction_by_another, trust.labels);
  }
};

}  // namespace

std::unique_ptr<Source> teacher_source() {
  return std::make_unique<Teacher>();
}

}  // namespace pawl::learn

#include "learn/evidence/signals.h"
#include "learn/evidence/sources/source.h"

namespace pawl::learn {
namespace {

// What the user showed by the next thing he said or did not say. It judges the predicted label by
// its measured confusion; who said something about the turn himself has said more than it shows.
class Implicit final : public Source {
 public:
  void weigh(const Voice& voice, Head head, const Trust& trust, Scores& posterior) const override {
    const auto kind = shown(voice, head);
    if (!kind) return;
    const SignalConfusion& c = trust.signals[static_cast<size_t>(*kind)];
    apply_judged(posterior, voice.predicted(), c.when_right, c.when_wrong);
  }

  // Only once it was measured to tell right from wrong.
  std::optional<std::string> speaks_for(const Voice& voice, Head head,
                                        const Trust& trust) const override {
    const auto kind = shown(voice, head);
    if (!kind || !trust.signals[static_cast<size_t>(*kind)].vouches) return std::nullopt;
    return voice.predicted();
  }

  bool has_say(const Voice& voice, Head head, const Trust&) const override {
    return shown(voice, head).has_value();
  }

 private:
  static std::optional<SignalKind> shown(const Voice& voice, Head head) {
    if (!head->answers || voice.predicted().empty() || voice.says_something()) return std::nullopt;
    for (size_t k = 0; k < kSignalKinds; ++k) {
      const auto kind = static_cast<SignalKind>(k);
      if (voice.find("implicit", "response", signal_name(kind)) != nullptr) return kind;
    }
    return std::nullopt;
  }
};

}  // namespace

std::unique_ptr<Source> implicit_source() {
  return std::make_unique<Implicit>();
}

}  // namespace pawl::learn

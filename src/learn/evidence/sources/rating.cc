#include "learn/evidence/sources/source.h"

namespace pawl::learn {
namespace {

// How well the answer was liked, which hangs on some heads only; it never names another label. Who
// corrects has said that the answer was wrong: his rating adds nothing of its own.
class Rating final : public Source {
 public:
  void weigh(const Voice& voice, Head head, const Trust& trust, Scores& posterior) const override {
    if (!counts(voice, head)) return;
    if (is_good(voice, trust))
      apply_judged(posterior, voice.predicted(), trust.good_when_right, trust.good_when_wrong);
    if (is_bad(voice, trust))
      apply_judged(posterior, voice.predicted(), 1 - trust.good_when_right,
                   1 - trust.good_when_wrong);
  }

  std::optional<std::string> speaks_for(const Voice& voice, Head head,
                                        const Trust& trust) const override {
    if (!counts(voice, head) || !is_good(voice, trust)) return std::nullopt;
    return voice.predicted();
  }

  bool has_say(const Voice& voice, Head head, const Trust& trust) const override {
    return counts(voice, head) && (is_good(voice, trust) || is_bad(voice, trust));
  }

 private:
  static bool counts(const Voice& voice, Head head) {
    return head->answers && !voice.predicted().empty() &&
           voice.find("correction", head->name) == nullptr;
  }

  // The mean of what was rated.
  static std::optional<double> value(const Voice& voice) {
    const Statement* satisfaction = voice.find("rating", "response", "satisfaction");
    const Statement* quality = voice.find("rating", "response", "quality");
    if (satisfaction != nullptr && quality != nullptr)
      return (satisfaction->score + quality->score) / 2;
    if (satisfaction != nullptr) return satisfaction->score;
    if (quality != nullptr) return quality->score;
    return std::nullopt;
  }

  // Without a word on what would be right. Who corrects another head was wrong-footed there.
  static bool says_wrong(const Voice& voice) {
    const Statement* wrong = voice.find("correction", "response", "wrong");
    if (wrong == nullptr || wrong->score < 0.5) return false;
    for (const Head head : all_heads()) {
      if (head->kind == HeadKind::kLabel && voice.find("correction", head->name) != nullptr)
        return false;
    }
    return true;
  }

  static bool is_good(const Voice& voice, const Trust& trust) {
    const auto rating = value(voice);
    return rating && *rating >= trust.good_rating && !says_wrong(voice);
  }

  static bool is_bad(const Voice& voice, const Trust& trust) {
    const auto rating = value(voice);
    return says_wrong(voice) || (rating && *rating <= trust.bad_rating);
  }
};

}  // namespace

std::unique_ptr<Source> rating_source() {
  return std::make_unique<Rating>();
}

}  // namespace pawl::learn

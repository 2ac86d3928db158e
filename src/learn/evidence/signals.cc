#include "learn/evidence/signals.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "base/text_key.h"
#include "base/utf8.h"
#include "pipeline/hybrid/text_features.h"
#include "text/unicode.h"

namespace pawl::learn {
namespace {

constexpr std::array<std::string_view, kSignalKinds> kNames = {"gave_up", "repeated", "rephrased",
                                                               "thanks"};
constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kAtOnce = 3 * kMinute, kSoon = 10 * kMinute, kSilence = 30 * kMinute;
constexpr double kSameRequest = 0.35;
constexpr size_t kShort = 30;  // code points of a message that is little else than a phrase
// Turns that the imagined confusion counts for, and what is counted at most.
constexpr double kImaginedTurns = 30, kMostTurns = 2000;
// Of a kind about which nothing is known yet: shown by so many of the rightly answered, times
// kLeaning or divided by it of the others.
constexpr double kUsually = 0.05, kLeaning = 1.5;
constexpr double kStrongest = 5;        // likelihood ratio that any signal has at most
constexpr double kVouching = 2;         // ... and, with certainty, at least to speak for a label
constexpr double kOneSided90 = 1.2816;  // of the normal distribution

bool is_word_at(std::string_view text, size_t at) {
  if (at >= text.size()) return false;
  return unicode::is_word(utf8::next(text, at));
}

bool is_word_before(std::string_view text, size_t at) {
  while (at > 0) {
    --at;
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80) break;
  }
  return is_word_at(text, at);
}

// As a word of its own; a script without blanks between words has none.
bool holds(std::string_view text, std::string_view phrase, bool only_first) {
  const bool spaced = static_cast<unsigned char>(phrase.front()) < 0xE0;
  for (size_t at = text.find(phrase); at != std::string_view::npos;
       at = text.find(phrase, at + 1)) {
    if (only_first && at != 0) return false;
    const bool begins = at == 0 || !spaced || !is_word_before(text, at);
    const bool ends = !spaced || !is_word_at(text, at + phrase.size());
    if (begins && ends) return true;
  }
  return false;
}

bool says(const std::string& text, const std::vector<std::string>& phrases) {
  const std::string folded = unicode::lower(text);
  const bool short_one = utf8::count(folded) <= kShort;
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](const auto& phrase) { return holds(folded, phrase, !short_one); });
}

std::optional<SignalKind> asked_again(const SessionTurn& first, const SessionTurn& again) {
  const int64_t passed = again.said_at - first.said_at;
  if (passed < 0 || again.user_id != first.user_id) return std::nullopt;
  if (passed <= kSoon && text_key(first.text) == text_key(again.text)) return SignalKind::kRepeated;
  if (passed <= kAtOnce && shared_ngrams(first.text, again.text) >= kSameRequest)
    return SignalKind::kRephrased;
  return std::nullopt;
}

// A share as the least it may be (sign < 0) or the most (sign > 0) with 90 % certainty.
double bound(double count, double total, double sign) {
  const double share = (count + 1) / (total + 2);
  const double error = std::sqrt(share * (1 - share) / (total + 3));
  return std::clamp(share + sign * kOneSided90 * error, 1e-6, 1.0);
}

}  // namespace

std::string_view signal_name(SignalKind kind) {
  return kNames[static_cast<size_t>(kind)];
}

std::optional<SignalKind> signal_of(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<SignalKind>(found - kNames.begin());
}

std::vector<std::string> read_phrases(std::string_view list) {
  std::vector<std::string> phrases;
  for (size_t at = 0; at <= list.size();) {
    const size_t end = std::min(list.find(',', at), list.size());
    std::string_view phrase = list.substr(at, end - at);
    while (!phrase.empty() && phrase.front() == ' ') phrase.remove_prefix(1);
    while (!phrase.empty() && phrase.back() == ' ') phrase.remove_suffix(1);
    if (!phrase.empty()) phrases.push_back(unicode::lower(phrase));
    at = end + 1;
  }
  return phrases;
}

double shared_ngrams(std::string_view a, std::string_view b) {
  const auto of_a = count_ngrams(a, kMaxHashBits).characters;
  const auto of_b = count_ngrams(b, kMaxHashBits).characters;
  size_t shared = 0;
  for (size_t i = 0, j = 0; i < of_a.size() && j < of_b.size();) {
    if (of_a[i].bucket == of_b[j].bucket)
      ++shared, ++i, ++j;
    else
      of_a[i].bucket < of_b[j].bucket ? ++i : ++j;
  }
  const double all = static_cast<double>(of_a.size() + of_b.size());
  return all > 0 ? 2 * static_cast<double>(shared) / all : 0;
}

std::optional<Signal> find_signal(const TurnInSession& place, const SignalWords& words,
                                  int64_t until) {
  const SessionTurn& turn = *place.turn;
  if (place.after != nullptr && place.after->user_id == turn.user_id) {
    const SessionTurn& after = *place.after;
    const int64_t passed = after.said_at - turn.said_at;
    if (passed < 0 || passed > kSoon) return std::nullopt;
    if (says(after.text, words.giving_up)) return Signal{SignalKind::kGaveUp, after.said_at};
    if (const auto again = asked_again(turn, after)) return Signal{*again, after.said_at};
    if (says(after.text, words.thanks)) return Signal{SignalKind::kThanks, after.said_at};
    return std::nullopt;
  }
  if (place.after == nullptr && place.before != nullptr && until - turn.said_at >= kSilence &&
      asked_again(*place.before, turn))
    return Signal{SignalKind::kGaveUp, turn.said_at};
  return std::nullopt;
}

void SignalCounts::add(const SignalCounts& other) {
  right += other.right;
  wrong += other.wrong;
  for (size_t k = 0; k < kSignalKinds; ++k) {
    with_right[k] += other.with_right[k];
    with_wrong[k] += other.with_wrong[k];
  }
  // What was long ago fades.
  const double fade = std::min(1.0, kMostTurns / std::max(1.0, right + wrong));
  right *= fade;
  wrong *= fade;
  for (size_t k = 0; k < kSignalKinds; ++k) with_right[k] *= fade, with_wrong[k] *= fade;
}

SignalTrust measured_trust(const SignalCounts& counts) {
  SignalTrust trust;
  for (size_t k = 0; k < kSignalKinds; ++k) {
    const bool good = static_cast<SignalKind>(k) == SignalKind::kThanks;
    const double imagined_right = good ? kUsually * kLeaning : kUsually;
    const double imagined_wrong = good ? kUsually : kUsually * kLeaning;
    SignalConfusion& c = trust[k];
    c.when_right =
        (counts.with_right[k] + kImaginedTurns * imagined_right) / (counts.right + kImaginedTurns);
    c.when_wrong =
        (counts.with_wrong[k] + kImaginedTurns * imagined_wrong) / (counts.wrong + kImaginedTurns);
    c.when_wrong = std::clamp(c.when_wrong, c.when_right / kStrongest, c.when_right * kStrongest);
    c.vouches = bound(counts.with_right[k], counts.right, -1) >
                kVouching * bound(counts.with_wrong[k], counts.wrong, 1);
  }
  return trust;
}

std::string write_counts(const SignalCounts& counts) {
  Json out = Json::object();
  out["right"] = counts.right;
  out["wrong"] = counts.wrong;
  for (size_t k = 0; k < kSignalKinds; ++k)
    out[kNames[k]] = Json(Json::Array{Json(counts.with_right[k]), Json(counts.with_wrong[k])});
  return to_json(out);
}

SignalCounts read_counts(std::string_view json) {
  const Json in = parse_json(json);
  SignalCounts counts;
  counts.right = in.at("right").as_double();
  counts.wrong = in.at("wrong").as_double();
  for (size_t k = 0; k < kSignalKinds; ++k) {
    const Json* pair = in.find(kNames[k]);
    if (pair == nullptr) continue;
    counts.with_right[k] = pair->as_array().at(0).as_double();
    counts.with_wrong[k] = pair->as_array().at(1).as_double();
  }
  return counts;
}

}  // namespace pawl::learn

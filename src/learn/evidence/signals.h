// What people show without saying it: a turn's neighbours in its session tell whether the answer
// served. A signal judges the predicted label and never names another.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "learn/evidence/reliability.h"

namespace pawl::learn {

// The strongest first: of several about one turn the first counts.
enum class SignalKind { kGaveUp, kRepeated, kRephrased, kThanks };

std::string_view signal_name(SignalKind kind);
std::optional<SignalKind> signal_of(std::string_view name);

// Phrases of any language, told from a message by folded case. A message that begins with one, or
// is short and holds one, says it.
struct SignalWords {
  std::vector<std::string> thanks, giving_up;
};
// "thanks, danke, ..." as settings have it.
std::vector<std::string> read_phrases(std::string_view list);

struct SessionTurn {
  std::string user_id, text;
  int64_t said_at = 0;  // microseconds
};

// A turn between the user's turns before and after it; null: there is none.
struct TurnInSession {
  const SessionTurn* before = nullptr;
  const SessionTurn* turn = nullptr;
  const SessionTurn* after = nullptr;
};

struct Signal {
  SignalKind kind;
  int64_t at = 0;  // when it was shown
};

// `until`: up to when turns are known, so that silence can be told. The same request in other
// words within three minutes is rephrased (character n-grams shared: any language), the very same
// text within ten is repeated; a request that was rephrased or repeated and after which half an
// hour passed in silence was given up.
std::optional<Signal> find_signal(const TurnInSession& place, const SignalWords& words,
                                  int64_t until);

// Dice's coefficient of the texts' character n-grams: 0 nothing shared, 1 alike.
double shared_ngrams(std::string_view a, std::string_view b);

// How often signals were seen on turns about which their user said something, too: by whether the
// predicted label was right, as the evidence has it.
struct SignalCounts {
  double right = 0, wrong = 0;  // such turns
  std::array<double, kSignalKinds> with_right = {}, with_wrong = {};

  void add(const SignalCounts& other);
  bool operator==(const SignalCounts&) const = default;
};

// The measured confusion of each kind, pulled towards saying little while there is little to
// measure by.
SignalTrust measured_trust(const SignalCounts& counts);

// As values of the store.
std::string write_counts(const SignalCounts& counts);
SignalCounts read_counts(std::string_view json);  // throws Error(kFormat)

}  // namespace pawl::learn

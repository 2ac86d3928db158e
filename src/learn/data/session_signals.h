// Signals as statements of the turns they are about. They are read from the turns themselves each
// time and kept nowhere: what is erased or withdrawn takes its signals along.
#pragma once

#include <string>
#include <vector>

#include "learn/evidence/signals.h"
#include "learn/evidence/statement.h"
#include "store/store.h"

namespace pawl::learn {

struct SignalOptions {
  bool heard = true;  // false: what people show counts for nothing
  SignalWords words;
};

// Adds a statement of source "implicit" to each of the turns about which its user showed something
// up to a sequence. In a session a user shows each kind once: the first counts.
void hear_signals(Transaction& transaction, const std::string& tenant,
                  const std::vector<JudgedTurn*>& turns, const SignalOptions& options,
                  int64_t up_to);

// The measured confusions of signals, as the store keeps them.
SignalCounts read_signal_counts(Transaction& transaction, const std::string& tenant);
void add_signal_counts(Transaction& transaction, const std::string& tenant,
                       const SignalCounts& counts);

}  // namespace pawl::learn

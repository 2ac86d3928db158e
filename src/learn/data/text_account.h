// How the labels of a text came about in the cycle that last looked at it: what `pawl explain`
// tells. Made by the curation itself, from the distributions it believed by.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "learn/evidence/joint.h"
#include "store/store.h"

namespace pawl::learn {

// What became of a belief.
enum class BeliefOutcome {
  kBelieved,     // it is the example's label
  kOperators,    // an operator had labelled the text before
  kUnsupported,  // nobody but the model speaks for it
  kUnsure,       // below the threshold
  kSetAside      // taught a candidate that did harm, and nobody else has said so since
};

struct HeadAccount {
  Head head;
  Account account;  // of spans: the votes alone
  Belief belief;
  BeliefOutcome outcome = BeliefOutcome::kBelieved;
};

// Somebody whose words did not count here, and why: "burst", "user_cap".
struct Unheard {
  std::string author, why;
};

struct TextAccount {
  std::string key;
  std::vector<HeadAccount> heads;  // of which anybody said something
  std::vector<Unheard> unheard;
  // "example", "unchanged", or why there is none: "uncertain", "user_cap", "burst", "cycle_cap".
  std::string outcome;
  double threshold = 0;                           // learning.quality_threshold
  std::string cycle_id = {}, generation_id = {};  // that looked, the live model then
  int64_t at = 0;
};

std::string_view outcome_name(BeliefOutcome outcome);

// Who is named in a kept account: nobody but those who know the author's id can tell.
std::string author_mark(std::string_view text_key, std::string_view author);

// Keeps the account in place of the text's last one. Authors are kept as their marks.
void keep_account(Transaction& transaction, const std::string& tenant, const TextAccount& account);
// Authors are marks. Throws Error(kFormat) when it is damaged.
std::optional<TextAccount> read_account(Transaction& transaction, const std::string& tenant,
                                        const std::string& text_key);

}  // namespace pawl::learn

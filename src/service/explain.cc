#include "service/explain.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "learn/data/damage.h"
#include "learn/data/material.h"
#include "learn/data/reputation_record.h"
#include "learn/intake/collect.h"
#include "service/cycle_settings.h"

namespace pawl::service {
namespace {

// What the store knows of the turn and its text.
struct Known {
  TurnRecord turn;
  std::vector<learn::JudgedTurn> turns;  // of the text, oldest first; this one among them
  std::optional<learn::TextAccount> account;
  std::optional<learn::LabeledExample> example;
  std::vector<std::pair<std::string, std::string>> generations;  // with the version they saw
  std::map<learn::Head, std::string> left_out;                   // of training, and why
  std::string cycle_reason;  // of the cycle that made the example
  bool waiting = false;
};

// Those of the text about which somebody said something, and the turn itself; as the curation has
// them.
std::vector<learn::JudgedTurn> turns_of(Transaction& t, const TurnRecord& turn,
                                        const learn::SignalOptions& signals) {
  const std::vector<std::string> key = {turn.text_key};
  std::vector<learn::JudgedTurn> turns;
  for (const TurnBundle& bundle : t.turns_of_texts(turn.tenant_id, key, INT64_MAX))
    turns.push_back(learn::to_judged(bundle));
  const bool there = std::any_of(turns.begin(), turns.end(),
                                 [&](const auto& one) { return one.turn_id == turn.turn_id; });
  if (!there) {
    const auto alone = t.recent_turns(turn.tenant_id, turn.sequence + 1, "", 1);
    turns.push_back(learn::to_judged(alone.at(0)));
  }
  std::vector<learn::JudgedTurn*> all;
  for (learn::JudgedTurn& one : turns) all.push_back(&one);
  learn::hear_signals(t, turn.tenant_id, all, signals, INT64_MAX);
  return turns;
}

std::map<learn::Head, std::string> left_out(Transaction& t, const std::string& tenant,
                                            const std::string& key, const Language* live,
                                            const learn::CycleSettings& settings) {
  ExampleFilter filter;
  filter.state = "active";
  filter.limit = settings.max_memory;
  filter.newest_first = true;
  auto examples = learn::readable_examples(t.examples(tenant, filter));
  std::reverse(examples.begin(), examples.end());
  const auto known =
      live != nullptr ? learn::labels_of(*live) : std::map<learn::Head, std::set<std::string>>();
  std::vector<learn::LeftOut> found;
  learn::admit(examples, known, settings.curate.defence, learn::read_reputations(t, tenant),
               &found);
  std::map<learn::Head, std::string> mine;
  for (const learn::LeftOut& one : found) {
    if (one.key == key) mine.emplace(one.head, one.why);
  }
  return mine;
}

Known look_up(Engine& engine, const std::string& tenant, const std::string& turn_id) {
  const auto live = engine.live_models().get(tenant);
  const learn::CycleSettings settings = cycle_settings(engine.settings());
  return read_from(engine.store(), [&](Transaction& t) {
    Known known;
    const auto turn = t.turn(tenant, turn_id);
    if (!turn) throw Error(ErrorKind::kNotFound, "there is no turn " + turn_id);
    known.turn = *turn;
    const std::vector<std::string> key = {turn->text_key};
    known.turns = turns_of(t, *turn, settings.curate.signals);
    known.account = learn::read_account(t, tenant, turn->text_key);
    for (const ExampleRecord& record : t.examples_of_texts(tenant, key)) {
      if (record.state != "active") continue;
      for (auto& example : learn::readable_examples({&record, 1}))
        known.example = std::move(example);
    }
    if (known.example) {
      known.generations = t.generations_of_text(tenant, turn->text_key);
      known.left_out = left_out(t, tenant, turn->text_key, live->nlp.get(), settings);
      if (const auto cycle = t.cycle(tenant, known.example->cycle_id))
        known.cycle_reason = cycle->reason;
    }
    const auto waiting = t.waiting(tenant);
    known.waiting = std::find(waiting.begin(), waiting.end(), turn->text_key) != waiting.end();
    return known;
  });
}

// Whether the turn's user said something about it, rather than showing it.
bool says_own_word(const learn::JudgedTurn& turn) {
  return std::any_of(turn.statements.begin(), turn.statements.end(), [&](const auto& s) {
    return s.author == turn.user_id && s.source != "self" && s.source != "implicit";
  });
}

std::vector<ExplainedStatement> statements_of(const Known& known) {
  std::vector<ExplainedStatement> all;
  for (const learn::JudgedTurn& turn : known.turns) {
    const bool here = turn.turn_id == known.turn.turn_id;
    const bool spoke = says_own_word(turn);
    for (const learn::Statement& s : turn.statements) {
      // What the model said of other turns moved nothing.
      if (s.source == "self" && !here) continue;
      all.push_back({.statement = s,
                     .turn_id = turn.turn_id,
                     .this_turn = here,
                     .own = s.author == turn.user_id,
                     .unheard = s.source == "implicit" && spoke ? "beside_a_word" : ""});
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.statement.at < b.statement.at; });
  return all;
}

// The authors of the statements in place of their marks.
class Authors {
 public:
  Authors(const std::vector<ExplainedStatement>& statements, const std::string& key) {
    for (const auto& s : statements)
      by_mark_[learn::author_mark(key, s.statement.author)] = s.statement.author;
  }
  // A mark of somebody who has taken back what he said stays one.
  const std::string& of(const std::string& mark) const {
    const auto found = by_mark_.find(mark);
    return found == by_mark_.end() ? mark : found->second;
  }

 private:
  std::map<std::string, std::string> by_mark_;
};

std::string why_left_out(const std::string& why) {
  if (why == "set_aside")
    return "is set aside: it taught a candidate that did harm; another author's word frees it";
  if (why == "doubtful_author")
    return "is left out of training: it rests on one author whose record does not hold up";
  if (why == "unvouched_label")
    return "waits for others: too few people have vouched for this label "
           "(learning.min_label_authors)";
  return "is left out of training: its author has his share of this label's examples already";
}

std::string became_example(const Known& known, learn::Head head,
                           const std::vector<std::string>& generations) {
  const learn::LabeledExample& example = *known.example;
  const std::string split(learn::split_name(example.split));
  std::string told = "became an example of the split " + split;
  if (const auto why = known.left_out.find(head); why != known.left_out.end())
    return told + " and " + why_left_out(why->second);
  if (example.split == learn::Split::kCertify) return told + ", which judges and never trains";
  if (!generations.empty()) return told + "; generations were trained on it";
  told += "; no generation was trained on it yet";
  return known.cycle_reason.empty() ? told : told + " (" + known.cycle_reason + ")";
}

std::string became(const Known& known, const learn::HeadAccount& told,
                   const std::vector<std::string>& generations) {
  using learn::BeliefOutcome;
  const bool is_example = known.example && known.example->knows(told.head);
  if (told.outcome == BeliefOutcome::kUnsupported)
    return "no example: nobody but the model speaks for this label";
  if (told.outcome == BeliefOutcome::kUnsure)
    return "no example: the belief is below learning.quality_threshold";
  if (!is_example) return "no example of it is left";
  if (told.outcome == BeliefOutcome::kOperators)
    return "an operator had labelled the text before; " +
           became_example(known, told.head, generations);
  return became_example(known, told.head, generations);
}

std::vector<ExplainedHead> heads_of(const Known& known, const Authors& authors) {
  std::vector<ExplainedHead> heads;
  if (!known.account) return heads;
  for (const learn::HeadAccount& told : known.account->heads) {
    ExplainedHead head;
    head.belief = told;
    for (auto& opinion : head.belief.account.opinions) opinion.author = authors.of(opinion.author);
    for (auto& author : head.belief.belief.support) author = authors.of(author);
    if (known.example && known.example->knows(told.head)) {
      head.example = true;
      head.label = told.head->kind == learn::HeadKind::kLabel ? known.example->label(told.head)
                                                              : told.belief.label;
      head.weight = known.example->weight(told.head);
      for (const auto& [generation, version] : known.generations) {
        if (version == known.example->example_id) head.generations.push_back(generation);
      }
    }
    head.became = became(known, told, head.generations);
    heads.push_back(std::move(head));
  }
  return heads;
}

// Whether users showed something and nobody said anything.
bool only_shown(const Known& known) {
  return std::all_of(known.turns.begin(), known.turns.end(), [](const auto& turn) {
    return std::all_of(turn.statements.begin(), turn.statements.end(),
                       [](const auto& s) { return s.source == "self" || s.source == "implicit"; });
  });
}

// Statements that the cycle which decided did not have.
size_t said_since(const Known& known) {
  size_t count = 0;
  for (const learn::JudgedTurn& turn : known.turns) {
    for (const learn::Statement& s : turn.statements)
      count += s.source != "self" && s.source != "implicit" && s.at > known.account->at;
  }
  return count;
}

std::string decided_state(const Known& known) {
  const std::string& outcome = known.account->outcome;
  if (outcome == "cycle_cap") return "waits: the cycle had no room for it";
  if (outcome == "burst")
    return "no example: its author said the same of many texts at once and is in quarantine";
  if (outcome == "user_cap")
    return "no example: its author's new examples of the cycle were used up "
           "(learning.max_examples_per_user)";
  if (outcome == "uncertain")
    return known.waiting ? "no example yet: the evidence is not enough; it waits for more"
                         : "no example: the evidence is not enough";
  return known.example ? "an example" : "an example once, of which nobody speaks any more";
}

std::string state_of(const Known& known) {
  const bool said = std::any_of(known.turns.begin(), known.turns.end(),
                                [](const auto& turn) { return learn::is_judged(turn); });
  if (!known.account && known.example && known.example->source == "examples")
    return "an operator's example has this text; it counts as it is";
  if (!said) return "nobody has said anything about this text; the model's own opinion is no label";
  if (!known.account && only_shown(known))
    return "nobody has said anything about this text; what users showed counts once it was "
           "measured "
           "to tell right from wrong (learning.implicit_signals)";
  if (!known.account) return "no cycle has looked at what was said yet; the next one will";
  const size_t news = said_since(known);
  return decided_state(known) +
         (news == 0 ? ""
                    : "; " + std::to_string(news) + (news == 1 ? " statement" : " statements") +
                          " came since, and the next cycle looks again");
}

void hide_names(Explanation& told, const std::string& secret) {
  const auto hide = [&](std::string& author) {
    if (!author.empty()) author = "author-" + blake2b_hex(secret + " " + author).substr(0, 16);
  };
  for (auto& s : told.statements) {
    if (s.statement.source != "self") hide(s.statement.author);
  }
  for (auto& head : told.heads) {
    for (auto& opinion : head.belief.account.opinions) hide(opinion.author);
    for (auto& author : head.belief.belief.support) hide(author);
  }
  hide(told.turn.user_id);
  told.turn.user_text.clear();
  told.turn.assistant_response.clear();
}

}  // namespace

Explanation explain_turn(Engine& engine, const std::string& tenant, const std::string& turn_id,
                         const ExplainOptions& options) {
  engine.tenant(tenant).require();
  Known known = look_up(engine, tenant, turn_id);
  Explanation told;
  told.turn = known.turn;
  told.statements = statements_of(known);
  const Authors authors(told.statements, known.turn.text_key);
  if (known.account) {
    std::map<std::string, std::string> unheard;
    for (const auto& one : known.account->unheard) unheard[authors.of(one.author)] = one.why;
    for (auto& s : told.statements) {
      if (const auto why = unheard.find(s.statement.author); why != unheard.end())
        s.unheard = why->second;
    }
  }
  told.heads = heads_of(known, authors);
  told.state = state_of(known);
  told.account = known.account;
  told.example = known.example;
  if (!options.names) hide_names(told, learn::id_secret(engine.env(), engine.store()));
  return told;
}

}  // namespace pawl::service

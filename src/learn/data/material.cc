#include "learn/data/material.h"

#include <algorithm>
#include <tuple>

#include "base/hash.h"
#include "learn/data/example_record.h"
#include "learn/data/reputation_record.h"

namespace pawl::learn {
namespace {

// Beside news, as many texts that wait are looked at again as there are new ones, at least so many;
// four times as many are read to choose from.
constexpr size_t kLeastWaiting = 100;
constexpr size_t kReadForEach = 4;

struct WantedTexts {
  std::vector<std::string> keys;  // those that wait, then those of which something was said
  std::set<std::string> only_waited;
  std::vector<std::string> left;    // that wait on
  size_t waiting_limit = SIZE_MAX;  // of the first
};

// Another part of those that wait in every cycle. Without news they are all there is to do.
WantedTexts wanted_texts(Transaction& transaction, const std::string& tenant,
                         const SequenceRange& range) {
  WantedTexts wanted;
  const std::vector<std::string> fresh = transaction.texts_judged(tenant, range);
  const std::set<std::string> news(fresh.begin(), fresh.end());
  wanted.keys = transaction.waiting(tenant);
  std::erase_if(wanted.keys, [&](const std::string& key) { return news.contains(key); });
  if (!fresh.empty()) {
    wanted.waiting_limit = std::max(kLeastWaiting, fresh.size());
    const size_t read = std::min(wanted.keys.size(), kReadForEach * wanted.waiting_limit);
    const auto turn_of = [&](const std::string& key) {
      return std::pair(murmur2_64a(key.data(), key.size(), static_cast<uint64_t>(range.up_to)),
                       key);
    };
    std::sort(wanted.keys.begin(), wanted.keys.end(),
              [&](const auto& a, const auto& b) { return turn_of(a) < turn_of(b); });
    wanted.left.assign(wanted.keys.begin() + static_cast<std::ptrdiff_t>(read), wanted.keys.end());
    wanted.keys.resize(read);
    std::sort(wanted.keys.begin(), wanted.keys.end());
  }
  wanted.only_waited.insert(wanted.keys.begin(), wanted.keys.end());
  wanted.keys.insert(wanted.keys.end(), fresh.begin(), fresh.end());
  return wanted;
}

using NamedLabels = std::set<std::pair<std::string, std::string>>;  // head, label

NamedLabels labels_named(const TextGroup& group) {
  NamedLabels named;
  for (const JudgedTurn& turn : group.turns) {
    for (const Statement& s : turn.statements) {
      const auto head = head_of(s.head);
      if (s.source != "self" && head && (*head)->kind == HeadKind::kLabel)
        named.emplace(s.head, s.value);
    }
  }
  return named;
}

// Of the texts that wait those stay first of which news name the label, and among these those
// whose label the fewest wait for: first corrections of something new.
void leave_waiting(const WantedTexts& wanted, Material& material) {
  if (wanted.only_waited.size() <= wanted.waiting_limit) return;
  NamedLabels news;
  std::map<std::pair<std::string, std::string>, size_t> waiting_for;
  for (const TextGroup& group : material.groups) {
    const bool waited = wanted.only_waited.contains(group.key);
    for (const auto& label : labels_named(group)) {
      if (waited)
        ++waiting_for[label];
      else
        news.insert(label);
    }
  }
  std::vector<std::tuple<size_t, uint64_t, std::string>> order;
  for (const TextGroup& group : material.groups) {
    if (!wanted.only_waited.contains(group.key)) continue;
    size_t rank = SIZE_MAX;
    for (const auto& label : labels_named(group)) {
      if (news.contains(label)) rank = std::min(rank, waiting_for.at(label));
    }
    order.emplace_back(rank, murmur2_64a(group.key.data(), group.key.size(), 0), group.key);
  }
  if (order.size() <= wanted.waiting_limit) return;
  std::sort(order.begin(), order.end());
  std::set<std::string> left;
  for (size_t i = wanted.waiting_limit; i < order.size(); ++i) left.insert(std::get<2>(order[i]));
  material.beyond.insert(material.beyond.end(), left.begin(), left.end());
  std::erase_if(material.groups, [&](const TextGroup& group) { return left.contains(group.key); });
}

std::map<std::string, Split> read_splits(Transaction& transaction, const std::string& tenant,
                                         const std::vector<TextGroup>& groups) {
  std::vector<std::string> keys;
  for (const TextGroup& group : groups) keys.push_back(group_key(group.turns.front().text));
  std::map<std::string, Split> splits;
  for (const auto& [key, name] : transaction.splits(tenant, keys))
    splits.emplace(key, split_from_name(name));
  return splits;
}

ExampleRecord record_of(const LabeledExample& example, const CurationContext& context) {
  ExampleRecord record = to_record(example);
  record.tenant_id = context.tenant;
  record.cycle_id = context.cycle_id;
  record.generation_id = context.generation_id;
  record.origin = example.source == "examples" ? "seed" : "conversation";
  record.created_at = context.now;
  return record;
}

void retract(Transaction& transaction, const CurationContext& context, const TextGroup& group) {
  LabeledExample nothing = *group.known;
  nothing.heads.clear();
  ++nothing.version;
  nothing.example_id = version_id(group.key, context.cycle_id);
  ExampleRecord record = record_of(nothing, context);
  record.state = "retracted";
  transaction.put_example(record);
}

void quarantine(Transaction& transaction, const CurationContext& context, const Burst& burst) {
  QuarantineRecord item;
  item.tenant_id = context.tenant;
  item.kind = "burst";
  item.subject = burst.author;
  item.reason = std::to_string(burst.turns) + " contradictions towards \"" + burst.label +
                "\" in one cycle that nobody else shares";
  item.cycle_id = context.cycle_id;
  item.at = context.now;
  for (const QuarantineRecord& known : transaction.quarantine(context.tenant, true)) {
    // The same again, which others' news of these texts brought back, is no other burst.
    if (known.subject == item.subject && known.reason == item.reason &&
        (known.cycle_id == item.cycle_id || !known.released))
      return;
  }
  transaction.add_quarantine(item);
}

// Silent turns whose users showed what counts as a word for the answer. Texts that are examples
// already need none.
std::vector<JudgedTurn> silent_turns(Transaction& transaction, const std::string& tenant,
                                     const SequenceRange& range, const SignalOptions& signals,
                                     const SignalTrust& trust) {
  const bool any = std::any_of(trust.begin(), trust.end(), [](const auto& c) { return c.vouches; });
  if (!signals.heard || !any) return {};
  std::vector<JudgedTurn> turns;
  std::vector<std::string> keys;
  for (const TurnBundle& bundle : transaction.followed_turns(tenant, range)) {
    turns.push_back(to_judged(bundle));
    keys.push_back(bundle.turn.text_key);
  }
  std::vector<JudgedTurn*> all;
  for (JudgedTurn& turn : turns) all.push_back(&turn);
  hear_signals(transaction, tenant, all, signals, range.up_to);
  std::set<std::string> examples;
  for (const ExampleRecord& record : transaction.examples_of_texts(tenant, keys))
    examples.insert(record.text_key);
  std::erase_if(turns, [&](const JudgedTurn& turn) {
    if (turn.statements.empty() || examples.contains(text_key(turn.text))) return true;
    const auto kind = signal_of(turn.statements.back().value);
    return !kind || !trust[static_cast<size_t>(*kind)].vouches;
  });
  return turns;
}

// Texts of silent turns come with all that was ever said about them.
void add_silent(Transaction& transaction, const std::string& tenant, const SequenceRange& range,
                size_t max_texts, std::vector<JudgedTurn> silent, Material& material) {
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < material.groups.size(); ++i) places.emplace(material.groups[i].key, i);
  std::vector<std::string> keys;
  for (const JudgedTurn& turn : silent) {
    const std::string key = text_key(turn.text);
    if (material.groups.size() >= max_texts || !places.emplace(key, material.groups.size()).second)
      continue;
    keys.push_back(key);
    material.groups.push_back({.key = key, .turns = {}});
  }
  for (TextGroup& group :
       group_by_text(transaction.turns_of_texts(tenant, keys, range.up_to), &material.damages))
    material.groups[places.at(group.key)].turns = std::move(group.turns);
  for (JudgedTurn& turn : silent) {
    const auto place = places.find(text_key(turn.text));
    if (place != places.end()) material.groups[place->second].turns.push_back(std::move(turn));
  }
}

void hear_all(Transaction& transaction, const std::string& tenant, const SignalOptions& signals,
              int64_t up_to, Material& material) {
  std::vector<JudgedTurn*> turns;
  for (TextGroup& group : material.groups) {
    for (JudgedTurn& turn : group.turns) {
      if (turn.statements.empty() || turn.statements.back().source != "implicit")
        turns.push_back(&turn);
    }
  }
  hear_signals(transaction, tenant, turns, signals, up_to);
}

}  // namespace

Material read_material(Transaction& transaction, const std::string& tenant,
                       const SequenceRange& range, size_t max_texts, const SignalOptions& signals,
                       const SignalTrust& trust) {
  Material material;
  WantedTexts wanted = wanted_texts(transaction, tenant, range);
  std::vector<std::string>& keys = wanted.keys;
  material.beyond = std::move(wanted.left);
  if (keys.size() > max_texts) {
    material.beyond.insert(material.beyond.end(),
                           keys.begin() + static_cast<std::ptrdiff_t>(max_texts), keys.end());
    keys.resize(max_texts);
  }
  std::map<std::string, size_t> order;
  for (const std::string& key : keys) order.emplace(key, order.size());
  material.groups =
      group_by_text(transaction.turns_of_texts(tenant, keys, range.up_to), &material.damages);
  std::sort(material.groups.begin(), material.groups.end(),
            [&](const auto& a, const auto& b) { return order.at(a.key) < order.at(b.key); });
  leave_waiting(wanted, material);
  add_silent(
      transaction, tenant, range, max_texts,
      silent_turns(transaction, tenant, {range.after, range.up_to, max_texts}, signals, trust),
      material);
  hear_all(transaction, tenant, signals, range.up_to, material);
  keys.clear();
  for (const TextGroup& group : material.groups) keys.push_back(group.key);
  const auto waiting = transaction.waiting(tenant);
  const std::set<std::string> waited(waiting.begin(), waiting.end());
  for (TextGroup& group : material.groups) group.waited = waited.contains(group.key);
  std::map<std::string, LabeledExample> known;
  for (LabeledExample& example :
       readable_examples(transaction.examples_of_texts(tenant, keys), &material.damages))
    known.emplace(example.key, std::move(example));
  for (TextGroup& group : material.groups) {
    if (const auto found = known.find(group.key); found != known.end())
      group.known = std::move(found->second);
  }
  material.splits = read_splits(transaction, tenant, material.groups);
  return material;
}

void keep_curated(Transaction& transaction, const CurationContext& context,
                  const Material& material, const Curated& curated) {
  for (LabeledExample example : curated.examples) {
    example.example_id = version_id(example.key, context.cycle_id);
    transaction.put_split(context.tenant, group_key(example.text), split_name(example.split));
    transaction.put_example(record_of(example, context));
  }
  const std::set<std::string> retracted(curated.retracted.begin(), curated.retracted.end());
  for (const TextGroup& group : material.groups) {
    if (retracted.contains(group.key)) retract(transaction, context, group);
  }
  std::vector<std::string> waiting = curated.waiting;
  waiting.insert(waiting.end(), material.beyond.begin(), material.beyond.end());
  transaction.set_waiting(context.tenant, waiting);
  add_signal_counts(transaction, context.tenant, curated.signals);
  for (const Burst& burst : curated.bursts) quarantine(transaction, context, burst);
  quarantine(transaction, context.tenant, context.cycle_id, context.now, material.damages);
  for (TextAccount account : curated.accounts) {
    account.cycle_id = context.cycle_id;
    account.generation_id = context.generation_id;
    account.at = context.now;
    keep_account(transaction, context.tenant, account);
  }
  write_reputations(transaction, context.tenant, context.now, curated.reputations);
}

void set_aside(Transaction& transaction, const CurationContext& context, Head head) {
  ExampleFilter filter;
  filter.cycle_id = context.cycle_id;
  for (LabeledExample& example : readable_examples(transaction.examples(context.tenant, filter))) {
    if (!example.knows(head) || example.heads.at(head).support.empty() ||
        example.heads.at(head).set_aside)
      continue;
    example.heads.at(head).set_aside = true;
    ++example.version;
    example.example_id += "-" + std::string(head_name(head));
    transaction.put_example(record_of(example, context));
  }
}

Dataset load_dataset(Transaction& transaction, const std::string& tenant,
                     const std::string& cycle_id, size_t max_examples,
                     const std::map<Head, std::set<std::string>>& known_labels,
                     const DefenceOptions& options) {
  ExampleFilter filter;
  filter.state = "active";
  filter.limit = max_examples;
  filter.newest_first = true;
  Dataset data;
  std::vector<LabeledExample> examples =
      readable_examples(transaction.examples(tenant, filter), &data.damages);
  std::reverse(examples.begin(), examples.end());
  admit(examples, known_labels, options, read_reputations(transaction, tenant, &data.damages));
  for (LabeledExample& example : examples)
    (example.cycle_id == cycle_id ? data.fresh : data.memory).push_back(std::move(example));
  return data;
}

std::map<Head, std::set<std::string>> labels_of(const Language& nlp) {
  std::map<Head, std::set<std::string>> labels;
  for (const Head head : all_heads()) {
    const TrainableComponent* component = find_head(nlp, head);
    if (component == nullptr) continue;
    for (const std::string& category : component->labels()) {
      if (const auto label = from_category(head, category)) labels[head].insert(*label);
    }
  }
  return labels;
}

}  // namespace pawl::learn

#include "learn/data/material.h"

#include <algorithm>

#include "learn/data/example_record.h"
#include "learn/data/reputation_record.h"

namespace pawl::learn {
namespace {

std::vector<std::string> wanted_texts(Transaction& transaction, const std::string& tenant,
                                      const SequenceRange& range) {
  std::vector<std::string> keys = transaction.waiting(tenant);
  const std::set<std::string> waited(keys.begin(), keys.end());
  for (std::string& key : transaction.texts_judged(tenant, range)) {
    if (!waited.contains(key)) keys.push_back(std::move(key));
  }
  return keys;
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
    if (known.cycle_id == item.cycle_id && known.subject == item.subject &&
        known.reason == item.reason)
      return;
  }
  transaction.add_quarantine(item);
}

}  // namespace

Material read_material(Transaction& transaction, const std::string& tenant,
                       const SequenceRange& range, size_t max_texts) {
  Material material;
  std::vector<std::string> keys = wanted_texts(transaction, tenant, range);
  if (keys.size() > max_texts) {
    material.beyond.assign(keys.begin() + static_cast<std::ptrdiff_t>(max_texts), keys.end());
    keys.resize(max_texts);
  }
  std::map<std::string, size_t> order;
  for (const std::string& key : keys) order.emplace(key, order.size());
  material.groups = group_by_text(transaction.turns_of_texts(tenant, keys, range.up_to));
  std::sort(material.groups.begin(), material.groups.end(),
            [&](const auto& a, const auto& b) { return order.at(a.key) < order.at(b.key); });
  const auto waiting = transaction.waiting(tenant);
  const std::set<std::string> waited(waiting.begin(), waiting.end());
  for (TextGroup& group : material.groups) group.waited = waited.contains(group.key);
  std::map<std::string, LabeledExample> known;
  for (const ExampleRecord& record : transaction.examples_of_texts(tenant, keys))
    known.emplace(record.text_key, from_record(record));
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
  for (const Burst& burst : curated.bursts) quarantine(transaction, context, burst);
  write_reputations(transaction, context.tenant, context.now, curated.reputations);
}

void set_aside(Transaction& transaction, const CurationContext& context, Head head) {
  ExampleFilter filter;
  filter.cycle_id = context.cycle_id;
  for (const ExampleRecord& record : transaction.examples(context.tenant, filter)) {
    LabeledExample example = from_record(record);
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
  std::vector<LabeledExample> examples;
  for (const ExampleRecord& record : transaction.examples(tenant, filter))
    examples.push_back(from_record(record));
  std::reverse(examples.begin(), examples.end());
  admit(examples, known_labels, options, read_reputations(transaction, tenant));
  Dataset data;
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

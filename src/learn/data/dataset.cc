#include "learn/data/dataset.h"

#include <algorithm>
#include <map>

namespace pawl::learn {
namespace {

void add_entities(const LabeledExample& from, Example& example) {
  Doc& doc = example.predicted;
  example.has_entities = true;
  example.missing_entity.assign(doc.size(), 0);
  for (const EntityLabel& entity : from.entities) {
    const auto [start, end] = doc.char_span(entity.start, entity.end);
    if (start < end) {
      example.entities.push_back({start, end, doc.vocab().strings().add(entity.label)});
      continue;
    }
    for (size_t i = 0; i < doc.size(); ++i) {
      if (doc[i].idx < entity.end && doc[i].end() > entity.start) example.missing_entity[i] = 1;
    }
  }
  std::sort(example.entities.begin(), example.entities.end(),
            [](const Span& a, const Span& b) { return a.start < b.start; });
}

}  // namespace

const std::optional<std::string>& LabeledExample::label(Head head) const {
  return head == Head::kSentiment ? sentiment : intent;
}

bool LabeledExample::knows(Head head) const {
  return head == Head::kEntities ? has_entities : label(head).has_value();
}

std::vector<std::string> labels_of(std::span<const LabeledExample> examples, Head head) {
  std::vector<std::string> labels;
  auto add = [&](const std::string& label) {
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
  };
  for (const LabeledExample& e : examples) {
    if (head == Head::kEntities) {
      for (const EntityLabel& entity : e.entities) add(entity.label);
    } else if (e.label(head)) {
      add(*e.label(head));
    }
  }
  return labels;
}

std::vector<Example> to_examples(std::span<const LabeledExample> examples, Head head,
                                 const Language& nlp) {
  std::vector<Example> out;
  const std::vector<std::string> labels = labels_of(examples, head);
  for (const LabeledExample& from : examples) {
    if (!from.knows(head)) continue;
    Example example;
    example.predicted = nlp.make_doc(from.text);
    if (head == Head::kEntities) {
      add_entities(from, example);
      example.weight = static_cast<float>(from.entities_weight);
    } else {
      for (const auto& label : labels) {
        example.cats.emplace_back(to_category(head, label),
                                  label == *from.label(head) ? 1.0f : 0.0f);
      }
      example.weight =
          static_cast<float>(head == Head::kIntent ? from.intent_weight : from.sentiment_weight);
    }
    if (example.predicted.size() > 0) out.push_back(std::move(example));
  }
  return out;
}

std::vector<LabeledExample> balanced_memory(std::span<const LabeledExample> examples, Head head,
                                            size_t limit) {
  std::map<std::string, std::vector<size_t>> by_label;  // newest last
  for (size_t i = 0; i < examples.size(); ++i) {
    if (!examples[i].knows(head)) continue;
    const bool entities = head == Head::kEntities;
    by_label[entities ? (examples[i].entities.empty() ? "" : examples[i].entities[0].label)
                      : *examples[i].label(head)]
        .push_back(i);
  }
  std::vector<size_t> chosen;
  while (chosen.size() < limit && !by_label.empty()) {
    for (auto it = by_label.begin(); it != by_label.end() && chosen.size() < limit;) {
      chosen.push_back(it->second.back());
      it->second.pop_back();
      it = it->second.empty() ? by_label.erase(it) : std::next(it);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  std::vector<LabeledExample> memory;
  for (size_t i : chosen) memory.push_back(examples[i]);
  return memory;
}

}  // namespace pawl::learn

#include "learn/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/json.h"

namespace pawl::learn {
namespace {

void add_entities(const std::vector<EntityLabel>& entities, Example& example) {
  Doc& doc = example.predicted;
  example.has_entities = true;
  example.missing_entity.assign(doc.size(), 0);
  for (const EntityLabel& entity : entities) {
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

// Of an example with several entities the first one stands for it.
std::string group_label(const LabeledExample& example, Head head) {
  if (head->kind == HeadKind::kLabel) return example.label(head);
  const auto& spans = example.spans(head);
  return spans.empty() ? std::string() : spans.front().label;
}

}  // namespace

std::vector<EntityLabel> parse_spans(const std::string& json) {
  std::vector<EntityLabel> spans;
  for (const Json& item : parse_json(json).as_array()) {
    const auto& fields = item.as_array();
    spans.push_back({static_cast<uint32_t>(fields.at(0).as_uint()),
                     static_cast<uint32_t>(fields.at(1).as_uint()), fields.at(2).as_string()});
  }
  return spans;
}

std::vector<std::string> labels_of(std::span<const LabeledExample> examples, Head head) {
  std::vector<std::string> labels;
  auto add = [&](const std::string& label) {
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
  };
  for (const LabeledExample& e : examples) {
    if (!e.knows(head)) continue;
    if (head->kind == HeadKind::kSpans) {
      for (const EntityLabel& entity : e.spans(head)) add(entity.label);
    } else {
      add(e.label(head));
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
    annotate_for_head(nlp, head, {&example.predicted, 1});
    example.weight = static_cast<float>(from.weight(head));
    if (head->kind == HeadKind::kSpans) {
      add_entities(from.spans(head), example);
    } else {
      for (const auto& label : labels) {
        example.cats.emplace_back(to_category(head, label),
                                  label == from.label(head) ? 1.0f : 0.0f);
      }
    }
    if (example.predicted.size() > 0) out.push_back(std::move(example));
  }
  return out;
}

void even_out_labels(std::vector<LabeledExample>& examples, Head head) {
  std::map<std::string, double> mass;
  double total = 0;
  bool operators_alone = true;
  for (const LabeledExample& e : examples) {
    if (!e.knows(head)) continue;
    mass[e.label(head)] += e.weight(head);
    total += e.weight(head);
    operators_alone &= e.heads.at(head).support.empty();
  }
  if (operators_alone) return;
  const double usual = total / static_cast<double>(mass.size());
  for (LabeledExample& e : examples) {
    if (e.knows(head)) e.heads.at(head).weight *= std::sqrt(usual / mass.at(e.label(head)));
  }
}

std::vector<LabeledExample> balanced_memory(std::span<const LabeledExample> examples, Head head,
                                            size_t limit) {
  std::map<std::string, std::vector<size_t>> by_label;  // newest last
  for (size_t i = 0; i < examples.size(); ++i) {
    if (!examples[i].knows(head)) continue;
    by_label[group_label(examples[i], head)].push_back(i);
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

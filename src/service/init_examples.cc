#include "service/init_examples.h"

#include <map>
#include <span>
#include <string>

#include "base/error.h"
#include "base/text_key.h"
#include "learn/heads/heads.h"
#include "learn/privacy/corrected_names.h"
#include "learn/privacy/person_names.h"
#include "learn/privacy/pii.h"
#include "service/name_finders.h"

namespace pawl::service {
namespace {

// With fewer examples a label than this every one of them is worth more in training than as a
// judge.
constexpr size_t kFewPerLabel = 20;

bool enough_to_hold_out(const std::vector<learn::LabeledExample>& examples) {
  size_t labels = 0, labelled = 0;
  for (const learn::Head head : learn::all_heads()) {
    if (head->kind != learn::HeadKind::kLabel) continue;
    labels += learn::labels_of(examples, head).size();
    for (const auto& e : examples) labelled += e.knows(head);
  }
  return labels > 0 && labelled / labels >= kFewPerLabel;
}

std::vector<EntitySpan> marked_entities(const learn::LabeledExample& example) {
  std::vector<EntitySpan> spans;
  for (const auto& [head, annotation] : example.heads) {
    for (const auto& e : annotation.spans) spans.push_back({e.start, e.end, e.label});
  }
  return spans;
}

// The names in an example's text: what stands where names stand, what `names` finds but the example
// calls something else, and what it calls a person.
std::vector<learn::CodePointSpan> names_in(const learn::LabeledExample& example,
                                           const Language* names) {
  std::vector<learn::CodePointSpan> persons;
  const std::vector<EntitySpan> marked = marked_entities(example);
  if (names != nullptr) {
    persons = persons_of((*names)(example.text));
    for (const EntitySpan& entity : marked) {
      if (learn::is_person_label(entity.label)) persons.push_back({entity.start, entity.end});
    }
  }
  return learn::without_corrected(example.text, learn::find_names(example.text, persons), marked);
}

// The operator's examples are kept like everybody's words: without personal data.
learn::LabeledExample without_personal_data(const learn::LabeledExample& from,
                                            const Language* names) {
  learn::Redaction redaction = learn::redact(from.text, names_in(from, names));
  if (redaction.edits.empty()) return from;
  learn::LabeledExample example = from;
  for (auto& [head, annotation] : example.heads) {
    std::vector<EntitySpan> spans;
    for (const auto& e : annotation.spans) spans.push_back({e.start, e.end, e.label});
    annotation.spans.clear();
    for (const auto& e : learn::move_entities(spans, redaction.edits)) {
      annotation.spans.push_back(
          {static_cast<uint32_t>(e.start), static_cast<uint32_t>(e.end), e.label});
    }
  }
  example.text = std::move(redaction.text);
  example.key = learn::text_key(example.text);
  return example;
}

void warn_of_names_that_stay(const std::vector<learn::LabeledExample>& given,
                             const Language* names, Warnings& warnings) {
  size_t count = 0;
  for (const auto& example : given) {
    for (const EntitySpan& entity : marked_entities(example))
      count += learn::is_person_label(entity.label);
  }
  if (names != nullptr || count == 0) return;
  warnings.push_back("entities: the pipeline finds no names of persons yet, so the " +
                     std::to_string(count) +
                     " that the examples mark stay in the workspace, to learn from; with a "
                     "--pipeline that finds names they are removed");
}

}  // namespace

std::vector<learn::LabeledExample> first_examples(const std::vector<learn::LabeledExample>& given,
                                                  const Language* names, double validation_split,
                                                  Warnings& warnings) {
  warn_of_names_that_stay(given, names, warnings);
  const double split = enough_to_hold_out(given) ? validation_split : 0.0;
  std::vector<learn::LabeledExample> out;
  std::map<std::string, size_t> by_key;
  for (const auto& from : given) {
    const learn::LabeledExample e = without_personal_data(from, names);
    const auto [found, added] = by_key.try_emplace(e.key, out.size());
    if (added) {
      out.push_back(e);
      out.back().split = learn::assign_split(group_key(e.text), split);
      continue;
    }
    auto& first = out[found->second];
    for (const auto& [head, annotation] : e.heads) {
      if (head->kind == learn::HeadKind::kLabel || e.text == first.text)
        first.heads[head] = annotation;
    }
  }
  return out;
}

void refuse_too_many_labels(const std::vector<learn::LabeledExample>& examples) {
  for (const learn::Head head : learn::all_heads()) {
    const size_t labels = learn::labels_of(examples, head).size();
    if (labels <= learn::kMaxLabels) continue;
    throw Error(ErrorKind::kInvalidInput, "the examples name " + std::to_string(labels) +
                                              " labels for " + std::string(learn::head_name(head)) +
                                              ", more than the limit of " +
                                              std::to_string(learn::kMaxLabels));
  }
}

void warn_of_thin_labels(const std::vector<learn::LabeledExample>& given, Warnings& warnings) {
  constexpr size_t kFew = 5;
  for (const learn::Head head : learn::all_heads()) {
    if (head->kind != learn::HeadKind::kLabel) continue;
    const std::string name(learn::head_name(head));
    std::map<std::string, size_t> counts;
    std::map<std::string, std::string> by_text;
    std::map<std::string, size_t> twice;
    for (const auto& e : given) {
      if (!e.knows(head)) continue;
      const std::string& label = e.label(head);
      ++counts[label];
      const auto [at, added] = by_text.try_emplace(e.key, label);
      if (!added && at->second != label) ++twice[at->second + "\" and \"" + label];
      at->second = label;
    }
    for (const auto& [labels, count] : twice) {
      warnings.push_back(name + ": " + std::to_string(count) + " of the texts are labelled \"" +
                         labels + "\"; the later label counts");
    }
    if (counts.size() == 1) {
      warnings.push_back(name + ": \"" + counts.begin()->first +
                         "\" is the only label, so every text will get it; add examples of others");
    }
    for (const auto& [label, count] : counts) {
      if (count >= kFew) continue;
      warnings.push_back(name + ": \"" + label + "\" has " + std::to_string(count) +
                         (count == 1 ? " example" : " examples") + "; five or more teach it well");
    }
  }
}

}  // namespace pawl::service

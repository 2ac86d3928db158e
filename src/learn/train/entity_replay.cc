#include "learn/train/entity_replay.h"

#include <algorithm>
#include <map>
#include <set>

#include "learn/train/replay_texts.h"
#include "pipeline/transition/component.h"

namespace pawl::learn {
namespace {

// Texts of users beside ours; one in five is kept to judge.
constexpr size_t kMaxTexts = 500;
constexpr size_t kHeldOutEvery = 5;

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

using Labels = std::map<std::string, std::set<StringId>>;  // words of an entity -> labels given

Labels words_of(std::span<const Example> taught) {
  Labels out;
  for (const Example& example : taught) {
    for (const Span& span : example.entities)
      out[lower(example.predicted.span_text(span.start, span.end))].insert(span.label);
  }
  return out;
}

bool overlaps(const Span& span, const std::vector<Span>& others) {
  return std::any_of(others.begin(), others.end(), [&](const Span& other) {
    return span.start < other.end && other.start < span.end;
  });
}

// What the head says of the documents, as a reference for them.
std::vector<Example> predicted_examples(const TrainableComponent& head, std::vector<Doc> docs,
                                        const Labels& taught) {
  std::vector<Example> out;
  for (Doc& doc : docs) {
    if (doc.size() == 0) continue;
    Example example;
    example.predicted = std::move(doc);
    out.push_back(std::move(example));
  }
  const std::vector<Doc> predicted = predict_copies(head, out);
  for (size_t i = 0; i < out.size(); ++i) {
    Example& example = out[i];
    example.has_entities = true;
    example.missing_entity.assign(example.predicted.size(), 0);
    for (const Span& span : predicted[i].entities()) {
      const auto known = taught.find(lower(predicted[i].span_text(span.start, span.end)));
      if (known == taught.end() || known->second.contains(span.label)) {
        example.entities.push_back(span);
      } else {
        std::fill(example.missing_entity.begin() + span.start,
                  example.missing_entity.begin() + span.end, uint8_t{1});
      }
    }
  }
  return out;
}

std::vector<Doc> to_docs(const Language& live, std::span<const std::string> texts) {
  std::vector<Doc> docs;
  for (const std::string& text : texts) docs.push_back(live.make_doc(text));
  annotate_for_head(live, Head::kEntities, docs);
  return docs;
}

void clear_gradient(nn::Param& param) {
  std::fill(param.gradient.begin(), param.gradient.end(), 0.0f);
  param.touched.clear();
}

// The first `held` of each `rows` rows get no gradient. The biases of a layer are one group.
void hold_rows(nn::Node& node, size_t outer, size_t held, size_t rows) {
  for (const auto& param : node.params) {
    const size_t groups = param->name == "b" ? 1 : outer;
    const size_t width = param->value.size() / (groups * rows);
    if (param->gradient.empty()) continue;
    for (size_t i = 0; i < groups; ++i)
      std::fill_n(param->gradient.begin() + static_cast<std::ptrdiff_t>(i * rows * width),
                  held * width, 0.0f);
  }
}

}  // namespace

EntityReplay make_entity_replay(const Language& live, const TrainableComponent& head,
                                std::span<const Example> taught,
                                std::span<const std::string> texts) {
  std::vector<std::string> train = replay_texts().train, held_out = replay_texts().held_out;
  for (size_t i = 0; i < std::min(texts.size(), kMaxTexts); ++i)
    (i % kHeldOutEvery == 0 ? held_out : train).push_back(texts[i]);
  const Labels words = words_of(taught);
  return {predicted_examples(head, to_docs(live, train), words),
          predicted_examples(head, to_docs(live, held_out), words)};
}

void keep_untaught_labels(std::span<Example> examples, const TrainableComponent& head) {
  std::set<StringId> taught;
  for (const Example& example : examples) {
    for (const Span& span : example.entities) taught.insert(span.label);
  }
  const std::vector<Doc> predicted = predict_copies(head, examples);
  for (size_t i = 0; i < examples.size(); ++i) {
    Example& example = examples[i];
    std::vector<Span> joined = example.entities;
    for (const Span& span : predicted[i].entities()) {
      if (taught.contains(span.label) || overlaps(span, example.entities)) continue;
      joined.push_back(span);
      if (!example.missing_entity.empty()) {
        std::fill(example.missing_entity.begin() + span.start,
                  example.missing_entity.begin() + span.end, uint8_t{0});
      }
    }
    std::sort(joined.begin(), joined.end(),
              [](const Span& a, const Span& b) { return a.start < b.start; });
    example.entities = std::move(joined);
  }
}

void keep_original_labels(std::span<Example> examples, const TrainableComponent& head) {
  const auto& recogniser = dynamic_cast<const TransitionComponent&>(head);
  const std::vector<StringId> labels = recogniser.original_labels();
  const std::set<StringId> original(labels.begin(), labels.end());
  for (Example& example : examples) {
    std::erase_if(example.entities,
                  [&](const Span& span) { return original.contains(span.label); });
  }
  keep_untaught_labels(examples, head);
}

double entities_kept(const TrainableComponent& candidate, std::span<const Example> reference) {
  size_t all = 0, kept = 0;
  const std::vector<Doc> predicted = predict_copies(candidate, reference);
  for (size_t i = 0; i < predicted.size(); ++i) {
    const auto& found = predicted[i].entities();
    for (const Span& span : reference[i].entities) {
      ++all;
      kept += std::find(found.begin(), found.end(), span) != found.end();
    }
  }
  return all == 0 ? 1.0 : static_cast<double>(kept) / static_cast<double>(all);
}

struct NewLabelsOnly::Impl {
  nn::Node* root = nullptr;
  nn::Node* linear = nullptr;
  nn::Node* lower = nullptr;
  nn::Node* upper = nullptr;
  TransitionComponent::Original old{};  // units and actions that stay as they are
  size_t classes = 0, hidden = 0, features = 0;
};

NewLabelsOnly::NewLabelsOnly(TrainableComponent& component) : impl_(std::make_unique<Impl>()) {
  const ParserNodes nodes(component.model());
  impl_->root = nodes.root;
  impl_->linear = nodes.linear;
  impl_->lower = nodes.lower;
  impl_->upper = nodes.upper;
  auto& recogniser = dynamic_cast<TransitionComponent&>(component);
  recogniser.hold_vectors(true);
  impl_->old = recogniser.original();
  impl_->classes = nodes.classes;
  impl_->hidden = nodes.hidden;
  impl_->features = nodes.features;
}

NewLabelsOnly::~NewLabelsOnly() = default;

bool NewLabelsOnly::possible() const {
  return impl_->upper != nullptr && impl_->classes > impl_->old.actions;
}

void NewLabelsOnly::step(nn::Adam& optimizer) {
  const size_t units = impl_->old.hidden, actions = impl_->old.actions;
  hold_rows(*impl_->linear, 1, units, impl_->hidden);
  hold_rows(*impl_->lower, impl_->features, units, impl_->hidden);
  hold_rows(*impl_->upper, 1, actions, impl_->classes);
  for (nn::Node* node : {impl_->linear, impl_->lower, impl_->upper}) optimizer.step(*node);
  for (nn::Node* node : nn::walk(*impl_->root)) {
    for (const auto& param : node->params) clear_gradient(*param);
  }
}

void lower_new_labels(TrainableComponent& component, double by) {
  const ParserNodes nodes(component.model());
  if (nodes.upper == nullptr) return;
  nn::Param& bias = nodes.upper->param("b");
  for (size_t i = dynamic_cast<TransitionComponent&>(component).original().actions;
       i < nodes.classes; ++i)
    bias.value[i] -= static_cast<float>(by);
  bias.changed();
  component.weights_changed();
}

}  // namespace pawl::learn

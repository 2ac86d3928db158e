// The table of heads: what a learning cycle trains and judges. Everything that is told apart by
// head (statements, beliefs, labels of examples, verdicts) is keyed by a row of it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace pawl::learn {

// The category by which the intent head says that a text is none of what it knows, and what that is
// called among intents.
inline constexpr const char* kOutOfScope = "OUT_OF_SCOPE";
inline constexpr const char* kNoneOfThese = "none_of_these";

enum class HeadKind { kLabel, kSpans };

// A kind of model a head can be made of, as the [components.NAME] block that spaCy reads.
struct Recipe {
  std::string name;  // "hybrid", "bow", "ensemble", "ner"
  Json config;
  double step = 1;  // times training.learn_rate: a bag of n-grams is convex and takes larger steps
};

struct HeadRow {
  std::string_view name;       // as evidence and results call it: "intent"
  std::string_view component;  // that it is in a pipeline
  std::string_view prefix;     // of its categories there
  HeadKind kind = HeadKind::kLabel;
  bool answers = false;  // what users are answered with hangs on it: ratings judge it
  std::string_view bar;  // the setting with the accuracy it has to reach
  // In order of preference when they score alike. `encoder`: the component with sentence vectors,
  // empty when there is none.
  std::vector<Recipe> (*recipes)(const std::string& encoder) = nullptr;
};

// A row of the table, as a value. A head of one's own is a file that defines its row (like
// entity_head.cc), a line in the table and, if code speaks of it by name, a constant.
class Head {
 public:
  static const Head kIntent, kSentiment, kEntities;

  constexpr Head() = default;  // the first row
  constexpr explicit Head(size_t row) : row_(row) {}
  const HeadRow* operator->() const;
  constexpr size_t row() const { return row_; }
  constexpr auto operator<=>(const Head&) const = default;

 private:
  size_t row_ = 0;
};

inline constexpr Head Head::kIntent{0};
inline constexpr Head Head::kSentiment{1};
inline constexpr Head Head::kEntities{2};

// All of them, in the order of the table.
std::span<const Head> all_heads();
// The head of this name.
std::optional<Head> head_of(std::string_view name);

std::string_view head_name(Head head);
std::string_view component_name(Head head);

// More labels than this are rather texts in the wrong place; weights grow with them.
inline constexpr size_t kMaxLabels = 1000;

// Label X of a head as a category of the pipeline (INTENT_X), and back; a category of another head
// gives nullopt.
std::string to_category(Head head, std::string_view label);
std::optional<std::string> from_category(Head head, std::string_view category);

std::vector<Recipe> recipes(Head head, const std::string& encoder = {});

}  // namespace pawl::learn

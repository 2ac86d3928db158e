#include "learn/heads/head.h"

#include <algorithm>
#include <array>

#include "learn/heads/rows.h"

namespace pawl::learn {
namespace {

const std::vector<HeadRow>& table() {
  static const std::vector<HeadRow> rows = {intent_row(), sentiment_row(), entity_row()};
  return rows;
}

}  // namespace

const HeadRow* Head::operator->() const {
  return &table().at(row_);
}

std::span<const Head> all_heads() {
  static const std::vector<Head> heads = [] {
    std::vector<Head> all;
    for (size_t row = 0; row < table().size(); ++row) all.emplace_back(row);
    return all;
  }();
  return heads;
}

std::optional<Head> head_of(std::string_view name) {
  const auto heads = all_heads();
  const auto found =
      std::find_if(heads.begin(), heads.end(), [&](Head head) { return head->name == name; });
  if (found == heads.end()) return std::nullopt;
  return *found;
}

std::string_view head_name(Head head) {
  return head->name;
}

std::string_view component_name(Head head) {
  return head->component;
}

std::string to_category(Head head, std::string_view label) {
  return std::string(head->prefix) + std::string(label);
}

std::optional<std::string> from_category(Head head, std::string_view category) {
  if (!category.starts_with(head->prefix)) return std::nullopt;
  return std::string(category.substr(head->prefix.size()));
}

std::vector<Recipe> recipes(Head head, const std::string& encoder) {
  return head->recipes(encoder);
}

}  // namespace pawl::learn

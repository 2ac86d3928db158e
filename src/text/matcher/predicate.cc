#include "text/matcher/predicate.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "text/matcher/edit_distance.h"
#include "text/pattern.h"

namespace pawl::matcher {
namespace {

[[noreturn]] void fail(const std::string& condition, const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, condition + ": " + what);
}

class Regex final : public Predicate {
 public:
  Regex(Attr attribute, const std::string& pattern)
      : attribute_(attribute), pattern_(pattern, "REGEX") {}
  bool holds(const Doc& doc, size_t i) const override {
    return pattern_.search(token_text(doc, i, attribute_)).has_value();
  }

 private:
  Attr attribute_;
  Pattern pattern_;
};

class Fuzzy final : public Predicate {
 public:
  Fuzzy(Attr attribute, std::string pattern, int edits)
      : attribute_(attribute), pattern_(std::move(pattern)), edits_(edits) {}
  bool holds(const Doc& doc, size_t i) const override {
    return fuzzy_equal(token_text(doc, i, attribute_), pattern_, edits_);
  }

 private:
  Attr attribute_;
  std::string pattern_;
  int edits_;
};

// Holds where one of them does, or (negated) where none does.
class AnyOf final : public Predicate {
 public:
  AnyOf(std::vector<std::unique_ptr<const Predicate>> members, bool negated)
      : members_(std::move(members)), negated_(negated) {}
  bool holds(const Doc& doc, size_t i) const override {
    const bool any = std::any_of(members_.begin(), members_.end(),
                                 [&](const auto& member) { return member->holds(doc, i); });
    return any != negated_;
  }

 private:
  std::vector<std::unique_ptr<const Predicate>> members_;
  bool negated_;
};

enum class SetRelation { kIn, kNotIn, kSubset, kSuperset, kIntersects };

class SetPredicate final : public Predicate {
 public:
  SetPredicate(Attr attribute, SetRelation relation, std::vector<uint64_t> values)
      : attribute_(attribute), relation_(relation), values_(values.begin(), values.end()) {}

  bool holds(const Doc& doc, size_t i) const override {
    if (relation_ == SetRelation::kIn || relation_ == SetRelation::kNotIn) {
      const bool in = values_.contains(token_value(doc, i, attribute_));
      return in == (relation_ == SetRelation::kIn);
    }
    const std::set<uint64_t> own = own_values(doc, i);
    switch (relation_) {
      case SetRelation::kSubset:
        return std::includes(values_.begin(), values_.end(), own.begin(), own.end());
      case SetRelation::kSuperset:
        return std::includes(own.begin(), own.end(), values_.begin(), values_.end());
      default:
        return std::any_of(own.begin(), own.end(),
                           [&](uint64_t value) { return values_.contains(value); });
    }
  }

 private:
  // A token's morphology is a set of features; every other attribute is one value.
  std::set<uint64_t> own_values(const Doc& doc, size_t i) const {
    if (attribute_ != Attr::kMorph) return {token_value(doc, i, attribute_)};
    std::set<uint64_t> features;
    const std::string morph = token_text(doc, i, attribute_);
    size_t from = 0;
    while (from < morph.size()) {
      const size_t end = std::min(morph.find('|', from), morph.size());
      add_feature(std::string_view(morph).substr(from, end - from), features);
      from = end + 1;
    }
    return features;
  }

  // "Case=Acc,Dat" is two.
  static void add_feature(std::string_view feature, std::set<uint64_t>& out) {
    const size_t equals = feature.find('=');
    if (equals == std::string_view::npos) return;
    const std::string field(feature.substr(0, equals + 1));
    size_t from = equals + 1;
    while (from <= feature.size()) {
      const size_t end = std::min(feature.find(',', from), feature.size());
      out.insert(string_id(field + std::string(feature.substr(from, end - from))));
      from = end + 1;
    }
  }

  Attr attribute_;
  SetRelation relation_;
  std::set<uint64_t> values_;
};

enum class Order { kEqual, kUnequal, kAtLeast, kAtMost, kAbove, kBelow };

class Comparison final : public Predicate {
 public:
  Comparison(Attr attribute, Order order, double value)
      : attribute_(attribute), order_(order), value_(value) {}
  bool holds(const Doc& doc, size_t i) const override {
    const double own = static_cast<double>(token_value(doc, i, attribute_));
    switch (order_) {
      case Order::kEqual:
        return own == value_;
      case Order::kUnequal:
        return own != value_;
      case Order::kAtLeast:
        return own >= value_;
      case Order::kAtMost:
        return own <= value_;
      case Order::kAbove:
        return own > value_;
      case Order::kBelow:
        return own < value_;
    }
    return false;
  }

 private:
  Attr attribute_;
  Order order_;
  double value_;
};

std::string upper(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

const SetRelation* find_relation(const std::string& name) {
  static const std::vector<std::pair<std::string, SetRelation>> kRelations = {
      {"IN", SetRelation::kIn},
      {"NOT_IN", SetRelation::kNotIn},
      {"IS_SUBSET", SetRelation::kSubset},
      {"IS_SUPERSET", SetRelation::kSuperset},
      {"INTERSECTS", SetRelation::kIntersects}};
  for (const auto& [known, relation] : kRelations) {
    if (known == name) return &relation;
  }
  return nullptr;
}

const Order* find_order(const std::string& name) {
  static const std::vector<std::pair<std::string, Order>> kOrders = {
      {"==", Order::kEqual},  {"!=", Order::kUnequal}, {">=", Order::kAtLeast},
      {"<=", Order::kAtMost}, {">", Order::kAbove},    {"<", Order::kBelow}};
  for (const auto& [known, order] : kOrders) {
    if (known == name) return &order;
  }
  return nullptr;
}

// The number of edits of FUZZY (-1: as the length allows) and FUZZY1 to FUZZY9.
bool read_fuzzy(const std::string& name, int& edits) {
  if (name == "FUZZY") {
    edits = -1;
    return true;
  }
  if (name.size() != 6 || !name.starts_with("FUZZY") || name[5] < '1' || name[5] > '9')
    return false;
  edits = name[5] - '0';
  return true;
}

std::vector<uint64_t> read_values(const std::string& name, const Json& list, StringStore& strings) {
  if (!list.is_array()) fail(name, "must be a list");
  std::vector<uint64_t> values;
  for (const Json& item : list.as_array()) {
    if (item.is_string()) {
      values.push_back(strings.add(item.as_string()));
    } else if (item.is_integer()) {
      values.push_back(item.as_uint());
    } else {
      fail(name, "must be a list of strings or whole numbers");
    }
  }
  return values;
}

struct Around {  // the condition around IN and NOT_IN
  bool regex = false;
  int edits = -1;
};

std::unique_ptr<const Predicate> read_around(Attr attribute, const Around& around,
                                             const std::string& name, const Json& list) {
  if (name != "IN" && name != "NOT_IN") fail(name, "only IN and NOT_IN can stand inside");
  if (!list.is_array()) fail(name, "must be a list of strings");
  std::vector<std::unique_ptr<const Predicate>> members;
  for (const Json& item : list.as_array()) {
    if (!item.is_string()) fail(name, "must be a list of strings");
    if (around.regex) {
      members.push_back(std::make_unique<Regex>(attribute, item.as_string()));
    } else {
      members.push_back(std::make_unique<Fuzzy>(attribute, item.as_string(), around.edits));
    }
  }
  return std::make_unique<AnyOf>(std::move(members), name == "NOT_IN");
}

void read_textual(Attr attribute, const Around& around, const std::string& name, const Json& value,
                  std::vector<std::unique_ptr<const Predicate>>& out) {
  if (!is_string(attribute)) fail(name, "does not work on a number");
  if (value.is_object()) {
    for (const auto& [inner, list] : value.as_object()) {
      try {
        out.push_back(read_around(attribute, around, upper(inner), list));
      } catch (const Error& error) {
        throw error.within(name);
      }
    }
  } else if (!value.is_string()) {
    fail(name, "must be a string, or IN or NOT_IN with a list of them");
  } else if (around.regex) {
    out.push_back(std::make_unique<Regex>(attribute, value.as_string()));
  } else {
    out.push_back(std::make_unique<Fuzzy>(attribute, value.as_string(), around.edits));
  }
}

}  // namespace

std::vector<std::unique_ptr<const Predicate>> read_predicates(Attr attribute,
                                                              const Json& conditions,
                                                              StringStore& strings) {
  std::vector<std::unique_ptr<const Predicate>> out;
  for (const auto& [given, value] : conditions.as_object()) {
    const std::string name = upper(given);
    Around around;
    if (name == "REGEX") {
      around.regex = true;
      read_textual(attribute, around, name, value, out);
    } else if (read_fuzzy(name, around.edits)) {
      read_textual(attribute, around, name, value, out);
    } else if (const SetRelation* relation = find_relation(name)) {
      out.push_back(
          std::make_unique<SetPredicate>(attribute, *relation, read_values(name, value, strings)));
    } else if (const Order* order = find_order(name)) {
      if (!value.is_number()) fail(name, "must be a number");
      out.push_back(std::make_unique<Comparison>(attribute, *order, value.as_double()));
    } else {
      fail(given,
           "is no condition; known are REGEX, FUZZY, IN, NOT_IN, IS_SUBSET, IS_SUPERSET, "
           "INTERSECTS and comparisons");
    }
  }
  return out;
}

}  // namespace pawl::matcher

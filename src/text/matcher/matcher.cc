#include "text/matcher/matcher.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"

namespace pawl {
namespace {

using matcher::Quantifier;
using matcher::TokenSpec;

uint64_t first_key(Attr attribute, uint64_t value) {
  return value * 0x9e3779b97f4a7c15u + static_cast<uint64_t>(attribute);
}

bool fits(const TokenSpec& spec, const Doc& doc, size_t i) {
  for (const auto& [attribute, value] : spec.values) {
    if (matcher::token_value(doc, i, attribute) != value) return false;
  }
  for (const auto& predicate : spec.predicates) {
    if (!predicate->holds(doc, i)) return false;
  }
  return true;
}

// A pattern under way: its token `spec` is the next to be matched.
struct Partial {
  uint32_t pattern = 0, spec = 0, start = 0;
};

}  // namespace

void Matcher::add(StringId key, const Json& pattern, StringStore& strings) {
  patterns_.push_back({key, matcher::read_pattern(pattern, strings)});
  index(static_cast<uint32_t>(patterns_.size() - 1));
}

void Matcher::index(uint32_t pattern) {
  const TokenSpec& first = patterns_[pattern].pattern.specs.front();
  if (first.quantifier != Quantifier::kOne || first.values.empty()) {
    everywhere_.push_back(pattern);
    return;
  }
  // Forms are rarer than anything else a token may be asked for.
  auto chosen = std::ranges::find_if(first.values, [](const auto& asked) {
    return asked.first == Attr::kOrth || asked.first == Attr::kLower;
  });
  if (chosen == first.values.end()) chosen = first.values.begin();
  const auto& [attribute, value] = *chosen;
  by_first_[first_key(attribute, value)].push_back(pattern);
  if (std::ranges::find(first_attributes_, attribute) == first_attributes_.end()) {
    first_attributes_.push_back(attribute);
  }
}

bool Matcher::asks_about(Attr attribute) const {
  for (const Compiled& compiled : patterns_) {
    for (const TokenSpec& spec : compiled.pattern.specs) {
      for (const auto& [asked, value] : spec.values) {
        if (asked == attribute) return true;
      }
    }
  }
  return false;
}

// One pass over a document. At a token every partial match is in exactly one place of its pattern,
// so that a place needs to be kept once for each start: the work is bounded by tokens × starts ×
// places, whatever the quantifiers.
class Matcher::Walk {
 public:
  Walk(const Matcher& owner, const Doc& doc) : owner_(owner), doc_(doc) {}

  std::vector<Match> run() {
    for (uint32_t i = 0; i < doc_.size(); ++i) {
      begin_at(i);
      step(i);
    }
    for (const Partial& partial : partials_) end_of_document(partial);
    return std::move(matches_);
  }

 private:
  const TokenSpec& spec_of(const Partial& p) const {
    return owner_.patterns_[p.pattern].pattern.specs[p.spec];
  }
  bool is_last(const Partial& p) const {
    return p.spec + 1 == owner_.patterns_[p.pattern].pattern.specs.size();
  }

  // Partial matches that begin here, in the order of their patterns.
  void begin_at(uint32_t i) {
    starting_ = owner_.everywhere_;
    for (const Attr attribute : owner_.first_attributes_) {
      const auto found =
          owner_.by_first_.find(first_key(attribute, matcher::token_value(doc_, i, attribute)));
      if (found == owner_.by_first_.end()) continue;
      starting_.insert(starting_.end(), found->second.begin(), found->second.end());
    }
    std::sort(starting_.begin(), starting_.end());
    for (const uint32_t pattern : starting_) partials_.push_back({pattern, 0, i});
  }

  void step(uint32_t i) {
    next_.clear();
    later_.clear();
    for (const Partial& partial : partials_) advance(partial, i);
    if (!later_.empty()) keep_once();
    partials_.swap(next_);
  }

  // Takes the token at i into a partial match: what goes on is added to next_ (the match's own
  // way) and later_ (the ways that branch off).
  void advance(Partial p, uint32_t i) {
    while (true) {
      count_step();
      const TokenSpec& spec = spec_of(p);
      const bool fit = fits(spec, doc_, i);
      const bool last = is_last(p);
      switch (spec.quantifier) {
        case Quantifier::kNone:
        case Quantifier::kOne:
          if (fit == (spec.quantifier == Quantifier::kNone)) return;
          if (last) {
            add_match(p, i + 1);
          } else {
            next_.push_back({p.pattern, p.spec + 1, p.start});
          }
          return;
        case Quantifier::kAnyNumber:
          if (last) {
            add_match(p, i);
            if (fit) next_.push_back(p);
            return;
          }
          if (fit) later_.push_back(p);
          break;
        case Quantifier::kOptional:
          if (last) {
            add_match(p, i);
            if (fit) add_match(p, i + 1);
            return;
          }
          if (fit) later_.push_back({p.pattern, p.spec + 1, p.start});
          break;
      }
      ++p.spec;  // without this token: it may be the next place's
    }
  }

  void keep_once() {
    next_.insert(next_.end(), later_.begin(), later_.end());
    seen_.clear();
    std::erase_if(
        next_, [&](const Partial& p) { return !seen_.emplace(p.pattern, p.spec, p.start).second; });
  }

  // What remains of the pattern may match nothing at all.
  void end_of_document(Partial p) {
    while (true) {
      const Quantifier quantifier = spec_of(p).quantifier;
      if (quantifier != Quantifier::kAnyNumber && quantifier != Quantifier::kOptional) return;
      if (is_last(p)) {
        add_match(p, static_cast<uint32_t>(doc_.size()));
        return;
      }
      ++p.spec;
    }
  }

  void add_match(const Partial& p, uint32_t end) {
    if (end <= p.start) return;
    const StringId key = owner_.patterns_[p.pattern].key;
    if (known_.emplace(key, p.start, end).second) matches_.push_back({key, p.start, end});
  }

  void count_step() {
    if (++steps_ <= owner_.limits_.max_steps) return;
    throw Error(ErrorKind::kInvalidInput,
                "the patterns take too many steps on this text; make them more specific (fewer * "
                "and + over tokens of any kind) or split the text");
  }

  const Matcher& owner_;
  const Doc& doc_;
  uint64_t steps_ = 0;
  std::vector<Partial> partials_, next_, later_;
  std::vector<uint32_t> starting_;
  std::set<std::tuple<uint32_t, uint32_t, uint32_t>> seen_;
  std::set<std::tuple<StringId, uint32_t, uint32_t>> known_;
  std::vector<Match> matches_;
};

std::vector<Match> Matcher::operator()(const Doc& doc) const {
  if (patterns_.empty()) return {};
  return Walk(*this, doc).run();
}

}  // namespace pawl

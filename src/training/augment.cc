#include "training/augment.h"

#include <algorithm>

#include "base/error.h"
#include "base/json_strings.h"
#include "base/utf8.h"
#include "text/morphology.h"
#include "text/unicode.h"

namespace pawl {
namespace {

constexpr uint64_t kMaxVariants = uint64_t{16} << 20;

std::vector<std::string> words_of(const GoldDoc& gold) {
  const std::vector<uint32_t> offsets = utf8::offsets(gold.text);
  std::vector<std::string> out;
  for (const GoldToken& token : gold.tokens) {
    out.push_back(
        gold.text.substr(offsets[token.start], offsets[token.end] - offsets[token.start]));
  }
  return out;
}

// Whether a blank follows each token.
std::vector<uint8_t> blanks_of(const GoldDoc& gold) {
  std::vector<uint8_t> out;
  const auto length = static_cast<uint32_t>(utf8::count(gold.text));
  for (size_t i = 0; i < gold.tokens.size(); ++i) {
    const uint32_t next = i + 1 < gold.tokens.size() ? gold.tokens[i + 1].start : length;
    out.push_back(next > gold.tokens[i].end);
  }
  return out;
}

// Gives the tokens these texts.
void set_words(GoldDoc& gold, const std::vector<std::string>& words,
               const std::vector<uint8_t>& blanks) {
  gold.text.clear();
  gold.unknown_spaces = false;
  uint32_t at = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    gold.tokens[i].start = at;
    at += static_cast<uint32_t>(utf8::count(words[i]));
    gold.tokens[i].end = at;
    gold.text += words[i];
    if (blanks[i] == 0) continue;
    gold.text += ' ';
    ++at;
  }
}

template <typename T>
bool has(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::vector<StringId> tags_of(const Json& entry) {
  std::vector<StringId> out;
  for (const std::string& tag : strings_from_json(entry.at("tags"))) out.push_back(string_id(tag));
  return out;
}

const Json::Array& list_in(const Json& object, const char* key) {
  static const Json::Array none;
  const Json* list = object.find(key);
  return list != nullptr && !list->is_null() ? list->as_array() : none;
}

[[noreturn]] void bad_variants(const std::string& what) {
  throw Error(ErrorKind::kFormat, what);
}

template <typename T>
const T& choose(const std::vector<T>& from, Rng& rng) {
  return from[rng.below(from.size())];
}

bool can_take_whitespace(const GoldDoc& gold) {
  const bool linked = std::any_of(gold.entities.begin(), gold.entities.end(),
                                  [](const Span& entity) { return entity.kb_id != 0; });
  const bool partial = gold.has_annotation(Attr::kDep) && !gold.has_annotation(Attr::kDep, true);
  return !gold.tokens.empty() && !linked && gold.spans.empty() && !partial;
}

// What is said of a token of blanks: of each attribute only where the document has it.
TokenAnnotation annotation_of_whitespace(const GoldDoc& gold, const std::string& whitespace,
                                         StringStore& strings) {
  TokenAnnotation said;
  if (gold.has_annotation(Attr::kTag)) said.tag = strings.add("_SP");
  if (gold.has_annotation(Attr::kPos)) said.pos = strings.add("SPACE");
  if (gold.has_annotation(Attr::kMorph)) said.morph = add_morph("", strings);
  if (gold.has_annotation(Attr::kLemma)) said.lemma = strings.add(whitespace);
  if (gold.has_annotation(Attr::kDep, true)) said.dep = strings.add("dep");
  if (gold.has_annotation(Attr::kSentStart)) said.sent_start = -1;
  return said;
}

// Makes room for a token: the heads keep their tokens, the new one hangs on the one before it.
void move_heads(GoldDoc& gold, size_t position) {
  const auto at = static_cast<int64_t>(position);
  const auto count = static_cast<int64_t>(gold.tokens.size());
  std::vector<int32_t> heads;
  std::vector<uint8_t> known(gold.tokens.size(), 1);
  for (int64_t i = 0; i < count; ++i) {
    TokenAnnotation& said = gold.tokens[static_cast<size_t>(i)].said;
    if (i == at) {
      said.head = at == 0 ? 1 : -1;
    } else {
      const int64_t before = i - (i > at);
      const int64_t head = before + said.head;
      said.head = static_cast<int32_t>(head + (head >= at) - i);
    }
    heads.push_back(said.head);
  }
  const std::vector<int8_t> starts = sentence_starts(heads, known);
  for (size_t i = 0; i < starts.size(); ++i) gold.tokens[i].said.sent_start = starts[i];
}

void move_entities(GoldDoc& gold, size_t position) {
  GoldToken& added = gold.tokens[position];
  if (gold.entities.empty()) {  // spaCy then forgets that there are none
    for (GoldToken& token : gold.tokens) token.ent_iob = EntIob::kMissing;
    return;
  }
  added.ent_iob = EntIob::kOutside;
  for (Span& entity : gold.entities) {
    if (entity.start < position && position < entity.end) added.ent_iob = EntIob::kInside;
    entity.start += entity.start >= position;
    entity.end += entity.end > position;
  }
}

}  // namespace

OrthVariants::OrthVariants(const Json& json, const std::string& where) {
  try {
    for (const Json& entry : list_in(json, "single")) {
      single_.push_back({tags_of(entry), strings_from_json(entry.at("variants"))});
      if (single_.back().variants.empty()) bad_variants("single: a list of variants is empty");
    }
    for (const Json& entry : list_in(json, "paired")) {
      Paired paired{tags_of(entry), {}};
      for (const Json& pair : entry.at("variants").as_array()) {
        paired.variants.push_back(strings_from_json(pair));
        if (paired.variants.back().size() != 2) bad_variants("paired: a variant is not a pair");
      }
      if (paired.variants.empty()) bad_variants("paired: a list of variants is empty");
      paired_.push_back(std::move(paired));
    }
  } catch (const Error& error) {
    throw error.within(where);
  }
}

void OrthVariants::apply_single(const GoldDoc& gold, std::vector<std::string>& words,
                                Rng& rng) const {
  std::vector<const std::string*> chosen;
  for (const Single& kind : single_) chosen.push_back(&choose(kind.variants, rng));
  for (size_t i = 0; i < words.size(); ++i) {
    for (size_t k = 0; k < single_.size(); ++k) {
      if (has(single_[k].tags, gold.tokens[i].said.tag) && has(single_[k].variants, words[i]))
        words[i] = *chosen[k];
    }
  }
}

void OrthVariants::apply_paired(const GoldDoc& gold, std::vector<std::string>& words,
                                Rng& rng) const {
  std::vector<const std::vector<std::string>*> chosen;
  for (const Paired& kind : paired_) chosen.push_back(&choose(kind.variants, rng));
  for (size_t i = 0; i < words.size(); ++i) {
    for (size_t k = 0; k < paired_.size(); ++k) {
      const auto tag = std::ranges::find(paired_[k].tags, gold.tokens[i].said.tag);
      if (tag == paired_[k].tags.end()) continue;
      std::optional<size_t> side;  // in the last pair that has the word
      for (const auto& pair : paired_[k].variants) {
        const auto found = std::ranges::find(pair, words[i]);
        if (found != pair.end()) side = static_cast<size_t>(found - pair.begin());
      }
      if (!side) continue;
      if (paired_[k].tags.size() == 2) side = static_cast<size_t>(tag - paired_[k].tags.begin());
      words[i] = (*chosen[k])[*side];
    }
  }
}

void OrthVariants::apply(GoldDoc& gold, Rng& rng) const {
  std::vector<std::string> words = words_of(gold);
  const std::vector<uint8_t> blanks = blanks_of(gold);
  apply_single(gold, words, rng);
  apply_paired(gold, words, rng);
  set_words(gold, words, blanks);
}

Augmenter::Augmenter(Env& env, const Augmentation& settings)
    : settings_(settings), rng_(settings.seed) {
  if (!settings.orth_file.empty()) {
    const Path file = settings.orth_file;
    try {
      variants_ = OrthVariants(parse_json(env.read_file(file, {.max_bytes = kMaxVariants})), "");
    } catch (const Error& error) {
      throw error.within(file.string());
    }
  } else if (!settings.orth_variants.is_null()) {
    variants_ = OrthVariants(settings.orth_variants, "orth_variants");
  }
}

void Augmenter::operator()(GoldDoc& gold, StringStore& strings) {
  if (decide(settings_.lower_case)) gold = lower_cased(gold);
  if (decide(settings_.orth_level)) {
    if (decide(settings_.orth_lower)) gold = lower_cased(gold);
    if (!variants_.empty()) variants_.apply(gold, rng_);
  }
  if (settings_.whitespace_variants.empty() || !decide(settings_.whitespace_level)) return;
  const auto count = static_cast<double>(gold.tokens.size()) * settings_.whitespace_per_token;
  for (uint64_t i = 0; i < static_cast<uint64_t>(count); ++i) {
    gold = with_whitespace(gold, choose(settings_.whitespace_variants, rng_),
                           rng_.below(gold.tokens.size()), strings);
  }
}

GoldDoc lower_cased(const GoldDoc& gold) {
  GoldDoc out = gold;
  std::vector<std::string> words = words_of(gold);
  for (std::string& word : words) word = unicode::lower(word);
  set_words(out, words, blanks_of(gold));
  return out;
}

GoldDoc with_whitespace(const GoldDoc& gold, const std::string& whitespace, size_t position,
                        StringStore& strings) {
  if (!can_take_whitespace(gold)) return gold;
  const bool has_tree = gold.has_annotation(Attr::kDep, true);
  std::vector<std::string> words = words_of(gold);
  std::vector<uint8_t> blanks = blanks_of(gold);
  const auto at = static_cast<ptrdiff_t>(position);
  words.insert(words.begin() + at, whitespace);
  blanks.insert(blanks.begin() + at, 0);
  GoldToken added;
  added.said = annotation_of_whitespace(gold, whitespace, strings);
  GoldDoc out = gold;
  out.tokens.insert(out.tokens.begin() + at, added);
  set_words(out, words, blanks);
  move_entities(out, position);
  if (has_tree) {
    move_heads(out, position);
  } else if (position == 0 && !gold.has_annotation(Attr::kSentStart)) {
    std::swap(out.tokens[0].said.sent_start, out.tokens[1].said.sent_start);
  }
  return out;
}

}  // namespace pawl

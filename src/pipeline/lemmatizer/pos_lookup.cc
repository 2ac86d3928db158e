#include "pipeline/lemmatizer/pos_lookup.h"

#include <algorithm>

#include "text/unicode.h"

namespace pawl {
namespace {

constexpr std::string_view kPolish[] = {
    "lemma_lookup_adj",  "lemma_lookup_adp",  "lemma_lookup_adv",
    "lemma_lookup_aux",  "lemma_lookup_noun", "lemma_lookup_num",
    "lemma_lookup_part", "lemma_lookup_pron", "lemma_lookup_verb"};
constexpr std::string_view kItalian[] = {
    "lemma_lookup_num",  "lemma_lookup_det",   "lemma_lookup_adp",  "lemma_lookup_adj",
    "lemma_lookup_noun", "lemma_lookup_pron",  "lemma_lookup_verb", "lemma_lookup_aux",
    "lemma_lookup_adv",  "lemma_lookup_other", "lemma_lookup"};

class Table {
 public:
  Table(const LemmaTables& tables, std::string_view name)
      : tables_(tables), table_(tables.lookup(name)) {}

  std::optional<std::string> find(std::string_view word) const {
    if (table_ == nullptr) return std::nullopt;
    const auto lemma = tables_.look_up(*table_, string_id(word));
    return lemma ? std::optional<std::string>(*lemma) : std::nullopt;
  }
  std::string get(const std::string& word) const { return find(word).value_or(word); }

 private:
  const LemmaTables& tables_;
  const KeyPlaces* table_;
};

template <size_t N>
bool is_one_of(std::string_view word, const std::string_view (&all)[N]) {
  return std::find(std::begin(all), std::end(all), word) != std::end(all);
}

// As it is written, too: proper names are often tagged as nouns.
std::string noun(const Table& table, const std::string& word) {
  const std::string lower = unicode::lower(word);
  if (word == lower) return table.get(word);
  if (const auto lemma = table.find(lower)) return *lemma;
  return table.find(word).value_or(lower);
}

// Words with "nie", and adjectives with "naj", stand under what follows it.
std::string polish_prefixed(const Table& table, const std::string& word, bool superlatives) {
  const auto after = [](std::string_view text, std::string_view prefix) {
    return text.starts_with(prefix) ? text.substr(prefix.size()) : std::string_view();
  };
  const std::string_view negated = after(word, "nie");
  if (superlatives && !negated.empty()) {
    const std::string_view both = after(negated, "naj");
    if (const auto lemma = both.empty() ? std::nullopt : table.find(both)) return *lemma;
  }
  if (const auto lemma = negated.empty() ? std::nullopt : table.find(negated)) return *lemma;
  const std::string_view most = superlatives ? after(word, "naj") : std::string_view();
  if (const auto lemma = most.empty() ? std::nullopt : table.find(most)) return *lemma;
  return table.get(word);
}

std::string polish(const LemmaTables& tables, const std::string& text, std::string_view pos) {
  const std::string name = pos == "PROPN" ? "noun" : unicode::lower(pos);
  const Table table(tables, "lemma_lookup_" + name);
  if (pos == "NOUN") return noun(table, text);
  const std::string lower = unicode::lower(text);
  if (pos == "PROPN") return table.find(text).value_or(lower);
  if (pos == "ADJ" || pos == "VERB") return polish_prefixed(table, lower, pos == "ADJ");
  return table.get(lower);
}

std::string whole_form(std::string lemma) {
  if (lemma == "alcun" || lemma == "qualcun") lemma += 'o';
  return lemma;
}

std::string italian(const LemmaTables& tables, const std::string& text, std::string_view pos) {
  static constexpr std::string_view kOne[] = {"un'", "un", "una"};
  static constexpr std::string_view kThe[] = {"l'", "lo", "la", "i", "gli", "le"};
  static constexpr std::string_view kIt[] = {"l'", "li", "la", "gli", "le"};
  const std::string name = pos == "PROPN" ? "noun" : pos == "PART" ? "pron" : unicode::lower(pos);
  const Table table(tables, "lemma_lookup_" + name);
  if (pos == "NOUN") return noun(table, text);
  const std::string word = pos == "PROPN" ? text : unicode::lower(text);
  if (pos == "DET") {
    if (is_one_of(word, kThe)) return "il";
    return is_one_of(word, kOne) ? "uno" : table.get(word);
  }
  if (pos == "PRON") {
    if (is_one_of(word, kIt)) return "lo";
    return is_one_of(word, kOne) ? "uno" : whole_form(table.get(word));
  }
  if (pos == "ADP") return word == "d'" ? "di" : table.get(word);
  if (pos == "ADJ") return whole_form(table.get(word));
  for (const Table& one :
       {table, Table(tables, "lemma_lookup_other"), Table(tables, "lemma_lookup")}) {
    if (const auto lemma = one.find(word); lemma && !lemma->empty()) return *lemma;
  }
  return unicode::lower(word);
}

}  // namespace

std::span<const std::string_view> pos_lookup_tables(std::string_view lang) {
  if (lang == "pl") return kPolish;
  if (lang == "it") return kItalian;
  return {};
}

std::string pos_lookup_lemma(std::string_view lang, const LemmaTables& tables,
                             const std::string& text, std::string_view pos) {
  return lang == "pl" ? polish(tables, text, pos) : italian(tables, text, pos);
}

}  // namespace pawl

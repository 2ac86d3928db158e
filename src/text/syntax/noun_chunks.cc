#include "text/syntax/noun_chunks.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "text/syntax/dependency_tree.h"

namespace pawl {
namespace {

// A set of dependency labels or parts of speech.
class Labels {
 public:
  Labels(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) ids_.push_back(string_id(name));
  }
  bool has(StringId id) const { return std::find(ids_.begin(), ids_.end(), id) != ids_.end(); }

 private:
  std::vector<StringId> ids_;
};

struct Parts {
  StringId noun = string_id("NOUN"), propn = string_id("PROPN"), pron = string_id("PRON"),
           adp = string_id("ADP"), punct = string_id("PUNCT"), verb = string_id("VERB"),
           aux = string_id("AUX"), det = string_id("DET"), cconj = string_id("CCONJ"),
           conj = string_id("conj"), np = string_id("NP");
  bool is_name_or_noun(StringId pos) const { return pos == noun || pos == propn; }
  bool is_nominal(StringId pos) const { return is_name_or_noun(pos) || pos == pron; }
};

const Parts& parts() {
  static const Parts instance;
  return instance;
}

struct Chunk {
  uint32_t start = 0, end = 0;
  int64_t last = 0;  // no chunk may begin at this token or before it
};

class Chunks {
 public:
  // spaCy refuses spans that end before they begin, which crossing trees can lead to.
  void add(uint32_t start, uint32_t end) {
    if (start <= end) spans_.push_back({start, end, parts().np});
  }
  void add(const Chunk& chunk) {
    add(chunk.start, chunk.end);
    last_ = chunk.last;
  }
  bool reaches(int64_t token) const { return token <= last_; }
  std::vector<Span> take() { return std::move(spans_); }

 private:
  std::vector<Span> spans_;
  int64_t last_ = -1;
};

// Nouns in certain roles with what stands before them, and nouns coordinated with them: the rules
// of most languages, which differ in roles and in how far a chunk reaches.
struct HeadRules {
  Labels roles;
  Chunk (*own)(const DependencyTree& tree, uint32_t word);
  Chunk (*coordinated)(const DependencyTree& tree, uint32_t word);  // null: those are none
  bool pronouns = true;
};

// What each token is coordinated with in the end, to its left; itself where it is not.
std::vector<uint32_t> first_conjuncts(const DependencyTree& tree) {
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < tree.size(); ++i) {
    const bool follows = tree.dep(i) == parts().conj && tree.head(i) < i;
    out.push_back(follows ? out[tree.head(i)] : i);
  }
  return out;
}

std::vector<Span> chunks_of_heads(const DependencyTree& tree, const HeadRules& rules) {
  const std::vector<uint32_t> conjuncts = first_conjuncts(tree);
  Chunks out;
  for (uint32_t word = 0; word < tree.size(); ++word) {
    const StringId pos = tree.pos(word);
    if (!parts().is_name_or_noun(pos) && !(rules.pronouns && pos == parts().pron)) continue;
    if (out.reaches(tree.left_edge(word))) continue;
    if (rules.roles.has(tree.dep(word))) {
      out.add(rules.own(tree, word));
    } else if (rules.coordinated != nullptr && tree.dep(word) == parts().conj &&
               rules.roles.has(tree.dep(conjuncts[tree.head(word)]))) {
      out.add(rules.coordinated(tree, word));
    }
  }
  return out.take();
}

Chunk up_to_word(const DependencyTree& tree, uint32_t word) {
  return {tree.left_edge(word), word + 1, word};
}

Chunk whole_subtree(const DependencyTree& tree, uint32_t word) {
  return {tree.left_edge(word), tree.right_edge(word) + 1, tree.right_edge(word)};
}

// The left edge, or what follows it when it is of this part of speech.
uint32_t start_without(const DependencyTree& tree, uint32_t word, StringId pos) {
  const uint32_t left = tree.left_edge(word);
  return tree.pos(left) == pos ? left + 1 : left;
}

Chunk without_conjunction(const DependencyTree& tree, uint32_t word) {
  return {start_without(tree, word, parts().cconj), word + 1, word};
}

// Romance languages: the first thing to the right of a noun decides how far it reaches.
Chunk romance(const DependencyTree& tree, uint32_t word, const Labels& determiners,
              const Labels& modifiers) {
  static const StringId amod = string_id("amod");
  uint32_t end = word;
  if (const auto rights = tree.rights(word); !rights.empty()) {
    const uint32_t first = rights.front();
    if (tree.dep(first) == amod)
      end = tree.right_edge(first);
    else if (determiners.has(tree.dep(first)) && tree.pos(first) == parts().det)
      end = first;
    else if (modifiers.has(tree.dep(first)))
      end = tree.right_edge(word);
  }
  return {start_without(tree, word, parts().adp), end + 1, end};
}

Chunk spanish(const DependencyTree& tree, uint32_t word) {
  static const Labels none{}, modifiers{"flat", "fixed", "compound"};
  return romance(tree, word, none, modifiers);
}

Chunk french(const DependencyTree& tree, uint32_t word) {
  static const Labels determiners{"det"};
  static const Labels modifiers{"flat", "flat:name", "flat:foreign", "fixed", "compound"};
  return romance(tree, word, determiners, modifiers);
}

Chunk italian(const DependencyTree& tree, uint32_t word) {
  static const Labels determiners{"det", "det:poss"};
  static const Labels modifiers{"flat", "flat:name", "fixed", "compound"};
  return romance(tree, word, determiners, modifiers);
}

Chunk portuguese(const DependencyTree& tree, uint32_t word) {
  static const Labels determiners{"det"}, modifiers{"flat", "flat:name", "fixed", "compound"};
  return romance(tree, word, determiners, modifiers);
}

Chunk haitian(const DependencyTree& tree, uint32_t word) {
  static const Labels modifiers{"compound", "flat", "flat:name", "fixed"};
  uint32_t end = word;
  for (const uint32_t child : tree.rights(word)) {
    if (modifiers.has(tree.dep(child)) || tree.pos(child) == parts().noun)
      end = tree.right_edge(child);
  }
  return {start_without(tree, word, parts().adp), end + 1, end};
}

Chunk greek(const DependencyTree& tree, uint32_t word) {
  static const StringId nmod = string_id("nmod");
  if (tree.pos(word) == parts().noun) {
    for (const uint32_t child : tree.rights(word)) {
      if (tree.dep(child) == nmod) return {tree.left_edge(word), child + 1, child};
    }
  }
  return up_to_word(tree, word);
}

// Without prepositions and punctuation at the borders, subordinate clauses and appositions.
Chunk catalan(const DependencyTree& tree, uint32_t word) {
  static const StringId appos = string_id("appos");
  const uint32_t left = tree.left_edge(word), right = tree.right_edge(word);
  const bool cut = tree.pos(left) == parts().adp || tree.pos(left) == parts().punct;
  Chunk chunk{cut ? left + 1 : left, right + 1, right};
  for (uint32_t i = word + 1; i < right; ++i) {
    const int64_t edge = tree.left_edge(i);
    if (tree.pos(i) == parts().verb) {
      chunk.end = static_cast<uint32_t>(edge);
      chunk.last = edge - 1;
    } else if (tree.dep(i) == appos) {
      chunk.end = static_cast<uint32_t>(edge) + 1;
      chunk.last = edge - 1;
    }
  }
  if (tree.pos(right) == parts().punct) --chunk.end;
  return chunk;
}

std::vector<Span> english(const DependencyTree& tree) {
  static const HeadRules rules{
      {"oprd", "nsubj", "dobj", "nsubjpass", "pcomp", "pobj", "dative", "appos", "attr", "ROOT"},
      up_to_word,
      up_to_word};
  return chunks_of_heads(tree, rules);
}

std::vector<Span> persian(const DependencyTree& tree) {
  static const HeadRules rules{
      {"nsubj", "dobj", "nsubjpass", "pcomp", "pobj", "dative", "appos", "attr", "ROOT"},
      up_to_word,
      up_to_word};
  return chunks_of_heads(tree, rules);
}

std::vector<Span> nordic(const DependencyTree& tree) {
  static const HeadRules rules{
      {"nsubj", "nsubj:pass", "obj", "iobj", "ROOT", "appos", "nmod", "nmod:poss"},
      whole_subtree,
      whole_subtree};
  return chunks_of_heads(tree, rules);
}

std::vector<Span> swedish(const DependencyTree& tree) {
  static const HeadRules rules{
      {"nsubj", "nsubj:pass", "dobj", "obj", "iobj", "ROOT", "appos", "nmod", "nmod:poss"},
      whole_subtree,
      whole_subtree};
  return chunks_of_heads(tree, rules);
}

std::vector<Span> spanish_chunks(const DependencyTree& tree) {
  static const HeadRules rules{
      {"nsubj", "nsubj:pass", "obj", "obl", "nmod", "pcomp", "appos", "ROOT"},
      spanish,
      without_conjunction};
  return chunks_of_heads(tree, rules);
}

std::vector<Span> french_chunks(const DependencyTree& tree) {
  static const HeadRules rules{{"nsubj", "nsubj:pass", "obj", "obl", "obl:agent", "obl:arg",
                                "obl:mod", "nmod", "pcomp", "appos", "ROOT"},
                               french,
                               without_conjunction};
  return chunks_of_heads(tree, rules);
}

template <Chunk (*kOwn)(const DependencyTree&, uint32_t)>
std::vector<Span> with_agents(const DependencyTree& tree) {
  static const HeadRules rules{
      {"nsubj", "nsubj:pass", "obj", "obl", "obl:agent", "nmod", "pcomp", "appos", "ROOT"},
      kOwn,
      without_conjunction};
  return chunks_of_heads(tree, rules);
}

std::vector<Span> haitian_chunks(const DependencyTree& tree) {
  static const HeadRules rules{
      {"nsubj", "obj", "obl", "nmod", "appos", "ROOT"}, haitian, without_conjunction};
  return chunks_of_heads(tree, rules);
}

std::vector<Span> greek_chunks(const DependencyTree& tree) {
  static const HeadRules rules{{"nsubj", "obj", "iobj", "appos", "ROOT", "obl"}, greek, up_to_word};
  return chunks_of_heads(tree, rules);
}

std::vector<Span> catalan_chunks(const DependencyTree& tree) {
  static const HeadRules rules{
      {"nsubj", "nsubj:pass", "obj", "obl", "iobj", "ROOT", "appos", "nmod", "nmod:poss"},
      catalan,
      nullptr,
      false};
  return chunks_of_heads(tree, rules);
}

std::vector<Span> german(const DependencyTree& tree) {
  static const Labels roles{"sb",   "oa",   "da", "nk", "mo", "ag",
                            "ROOT", "root", "cj", "pd", "og", "app"};
  static const StringId nk = string_id("nk");
  Chunks out;
  for (uint32_t word = 0, next = 0; word < tree.size(); ++word) {
    if (word < next || out.reaches(tree.left_edge(word))) continue;
    if (!parts().is_nominal(tree.pos(word)) || !roles.has(tree.dep(word))) continue;
    next = word + 1;
    for (const uint32_t child : tree.rights(word)) {
      if (parts().is_name_or_noun(tree.pos(child)) && tree.dep(child) == nk) next = child + 1;
    }
    out.add({tree.left_edge(word), next, static_cast<int64_t>(next) - 1});
  }
  return out.take();
}

std::vector<Span> finnish(const DependencyTree& tree) {
  static const Labels roles{"appos", "nsubj", "nsubj:cop", "obj", "obl", "ROOT"};
  static const Labels extending{"amod",      "compound",   "compound:nn", "flat:name", "nmod",
                                "nmod:gobj", "nmod:gsubj", "nmod:poss",   "nummod"};
  const auto may_head = [&](uint32_t word) {
    return parts().is_name_or_noun(tree.pos(word)) &&
           (roles.has(tree.dep(word)) || tree.pos(tree.head(word)) == parts().pron);
  };
  Chunks out;
  for (uint32_t word = 0, last = 0; word < tree.size(); ++word) {
    const bool is_head =
        may_head(word) || (tree.dep(word) == parts().conj && may_head(tree.head(word)));
    if (word < last || !is_head) continue;
    uint32_t start = word;
    for (const uint32_t child : tree.lefts(word)) {
      if (!extending.has(tree.dep(child))) continue;
      start = tree.left_edge(child);
      break;
    }
    if (out.reaches(start)) continue;
    last = word;
    for (const uint32_t child : tree.rights(word)) {
      if (extending.has(tree.dep(child))) last = child;
    }
    out.add({start, last + 1, last});
  }
  return out.take();
}

// Danish and Latin: as far as modifiers reach on either side, without verbs and punctuation. Each
// token's last token; children to the right come first.
std::vector<uint32_t> right_bounds(const DependencyTree& tree, const Labels& modifiers) {
  static const StringId punct = string_id("punct");
  std::vector<uint32_t> stops(tree.size() + 1, 0), out(tree.size());
  for (uint32_t i = 0; i < tree.size(); ++i) {
    const StringId pos = tree.pos(i);
    stops[i + 1] = stops[i] + (pos == parts().verb || pos == parts().aux || tree.dep(i) == punct);
  }
  for (uint32_t word = tree.size(); word-- > 0;) {
    out[word] = word;
    for (const uint32_t child : tree.rights(word)) {
      if (!modifiers.has(tree.dep(child))) continue;
      if (stops[out[child]] > stops[word]) break;
      out[word] = out[child];
    }
  }
  return out;
}

std::vector<Span> bounded_by_modifiers(const DependencyTree& tree, const Labels& right) {
  static const Labels left{"det",  "fixed",    "nmod:poss", "amod",
                           "flat", "goeswith", "nummod",    "appos"};
  const std::vector<uint32_t> lasts = right_bounds(tree, right);
  Chunks out;
  for (uint32_t word = 0; word < tree.size(); ++word) {
    if (!parts().is_nominal(tree.pos(word))) continue;
    uint32_t start = word;
    const auto lefts = tree.lefts(word);
    for (size_t i = lefts.size(); i-- > 0;) {
      if (left.has(tree.dep(lefts[i]))) start = lefts[i];
    }
    if (!out.reaches(start)) out.add({start, lasts[word] + 1, lasts[word]});
  }
  return out.take();
}

std::vector<Span> danish(const DependencyTree& tree) {
  static const Labels right{"fixed", "nmod:poss", "amod", "flat", "goeswith", "nummod", "appos"};
  return bounded_by_modifiers(tree, right);
}

std::vector<Span> latin(const DependencyTree& tree) {
  static const Labels right{"fixed",  "nmod:poss", "amod", "flat", "goeswith",
                            "nummod", "appos",     "nmod", "det"};
  return bounded_by_modifiers(tree, right);
}

// Nouns that are no clause's head, with certain children; pronouns that are subjects.
std::vector<Span> dutch(const DependencyTree& tree) {
  static const Labels kept{"amod", "nmod:poss", "det", "det:poss"};
  static const Labels subjects{"nsubj", "nsubj:pass"};
  static const StringId nsubj = string_id("nsubj");
  Chunks out;
  int64_t end = -1;
  for (uint32_t word = 0; word < tree.size(); ++word) {
    const bool noun = tree.pos(word) == parts().noun;
    if (!noun && (tree.pos(word) != parts().pron || !subjects.has(tree.dep(word)))) continue;
    uint32_t first = word, last = word;
    bool has_subject = false;
    for (const bool left : {true, false}) {
      if (!noun) break;
      for (const uint32_t child : left ? tree.lefts(word) : tree.rights(word)) {
        has_subject = has_subject || tree.dep(child) == nsubj;
        if (!kept.has(tree.dep(child))) continue;
        first = std::min(first, child);
        last = std::max(last, child);
      }
    }
    if (has_subject || first < end) continue;
    end = last + 1;
    out.add(first, last + 1);
  }
  return out.take();
}

// From the last word to the first.
std::vector<Span> turkish(const DependencyTree& tree) {
  static const Labels roles{"nsubj", "iobj", "obj", "obl", "appos", "orphan", "dislocated", "ROOT"};
  static const StringId flat = string_id("flat");
  std::vector<Span> out;
  uint32_t limit = tree.size() + 1;
  for (uint32_t word = tree.size(); word-- > 0;) {
    if (!parts().is_nominal(tree.pos(word)) || word >= limit) continue;
    const bool own = roles.has(tree.dep(word));
    if (!own && tree.dep(word) != parts().conj) continue;
    uint32_t end = word + 1;
    for (const uint32_t child : tree.rights(word)) {
      if (tree.dep(child) != flat || !parts().is_name_or_noun(tree.pos(child))) break;
      end = child + 1;
    }
    const uint32_t left = tree.left_edge(word);
    limit = left;
    const uint32_t start = own ? left : tree.right_edge(left) + 1;
    if (start <= end) out.push_back({start, end, parts().np});
  }
  return out;
}

struct LanguageRules {
  std::string_view lang;
  std::vector<Span> (*chunks)(const DependencyTree& tree);
};

constexpr LanguageRules kLanguages[] = {
    {"ca", catalan_chunks}, {"da", danish},  {"de", german},
    {"el", greek_chunks},   {"en", english}, {"es", spanish_chunks},
    {"fa", persian},        {"fi", finnish}, {"fr", french_chunks},
    {"ht", haitian_chunks}, {"id", nordic},  {"it", with_agents<italian>},
    {"la", latin},          {"ms", nordic},  {"nb", nordic},
    {"nl", dutch},          {"nn", nordic},  {"pt", with_agents<portuguese>},
    {"sv", swedish},        {"tr", turkish},
};

const LanguageRules* rules_of(std::string_view lang) {
  const auto* found = std::ranges::find(kLanguages, lang, &LanguageRules::lang);
  return found == std::end(kLanguages) ? nullptr : found;
}

}  // namespace

bool has_noun_chunks(std::string_view lang) {
  return rules_of(lang) != nullptr;
}

std::optional<std::vector<Span>> noun_chunks(const Doc& doc) {
  const LanguageRules* rules = rules_of(doc.vocab().lang);
  if (rules == nullptr || !doc.has_annotation(Attr::kDep)) return std::nullopt;
  if (rules->lang == "nl" && !doc.has_annotation(Attr::kPos)) return std::nullopt;
  return rules->chunks(DependencyTree(doc));
}

}  // namespace pawl

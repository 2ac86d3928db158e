#include "text/syntax/sentence_moods.h"

#include <algorithm>
#include <string_view>

#include "text/syntax/dependency_tree.h"
#include "text/syntax/marks.h"

namespace pawl {
namespace {

struct Ids {
  StringId neg = string_id("neg"), ng = string_id("ng"), aux = string_id("aux"),
           auxpass = string_id("auxpass"), verb = string_id("VERB"), auxiliary = string_id("AUX"),
           punct = string_id("PUNCT"), space = string_id("SPACE"), intj = string_id("INTJ"),
           cconj = string_id("CCONJ"), adp = string_id("ADP"), modal = string_id("MD"),
           base = string_id("VB"), present = string_id("VBP"), to = string_id("TO");
};

const Ids& ids() {
  static const Ids instance;
  return instance;
}

template <size_t N>
bool is_one_of(StringId id, const StringId (&all)[N]) {
  return std::find(std::begin(all), std::end(all), id) != std::end(all);
}

bool is_subject(StringId dep) {
  static const StringId kSubjects[] = {string_id("nsubj"), string_id("nsubjpass"),
                                       string_id("nsubj:pass"), string_id("csubj"),
                                       string_id("expl")};
  return is_one_of(dep, kSubjects);
}

// What begins a clause beside the main one; and one within it, out of which a question word may
// come
// ("what do you think he wants").
bool is_adjunct_clause(StringId dep) {
  static const StringId kClauses[] = {
      string_id("advcl"),     string_id("acl"),        string_id("csubj"),
      string_id("csubjpass"), string_id("relcl"),      string_id("acl:relcl"),
      string_id("rc"),        string_id("csubj:pass"), string_id("mo")};
  return is_one_of(dep, kClauses);
}
bool is_complement_clause(StringId dep) {
  static const StringId kClauses[] = {string_id("ccomp"), string_id("xcomp"), string_id("pcomp"),
                                      string_id("oc"), string_id("parataxis")};
  return is_one_of(dep, kClauses);
}

bool is_english_wh(StringId tag) {
  static const StringId kTags[] = {string_id("WP"), string_id("WDT"), string_id("WRB"),
                                   string_id("WP$")};
  return is_one_of(tag, kTags);
}

bool is_english_negation(StringId lower) {
  static const StringId kWords[] = {string_id("no"),     string_id("nobody"),  string_id("nothing"),
                                    string_id("none"),   string_id("nowhere"), string_id("never"),
                                    string_id("neither")};
  return is_one_of(lower, kWords);
}

// "Case=Nom|PronType=Int,Rel": whether the field has the value among others.
bool has_feature(std::string_view feats, std::string_view field, std::string_view value) {
  while (!feats.empty()) {
    const std::string_view part = feats.substr(0, feats.find('|'));
    feats.remove_prefix(std::min(feats.size(), part.size() + 1));
    if (!part.starts_with(field) || part.substr(field.size(), 1) != "=") continue;
    std::string_view values = part.substr(field.size() + 1);
    while (!values.empty()) {
      const std::string_view one = values.substr(0, values.find(','));
      if (one == value) return true;
      values.remove_prefix(std::min(values.size(), one.size() + 1));
    }
  }
  return false;
}

class Reader {
 public:
  explicit Reader(const Doc& doc)
      : doc_(doc),
        has_tree_(doc.has_annotation(Attr::kDep)),
        has_syntax_(has_tree_ || doc.has_annotation(Attr::kMorph)),
        is_english_(doc.vocab().lang == "en"),
        tree_(has_tree_ ? std::optional<DependencyTree>(doc) : std::nullopt) {}

  SentenceMood mood(const Span& sentence) const {
    SentenceMood out{sentence.start, sentence.end, ends_with_question_mark(sentence), {}, {}};
    const std::optional<uint32_t> first = first_word(sentence);
    const std::optional<uint32_t> root = root_of(sentence);
    if (!out.is_question && first && !ends_with_exclamation_mark(sentence))
      out.is_question = asks(sentence, *first, root);
    if (!has_syntax_) return out;
    out.is_negated = denies(sentence);
    out.is_imperative = commands(sentence, root, out.is_question);
    return out;
  }

 private:
  std::string_view feats(uint32_t i) const {
    const StringId morph = doc_[i].morph;
    return morph == 0 ? std::string_view() : doc_.vocab().strings().at(morph);
  }

  // The last token that is neither a blank nor closes a quotation or a bracket.
  std::optional<uint32_t> last_mark(const Span& sentence) const {
    for (uint32_t i = sentence.end; i-- > sentence.start;) {
      const auto is = [&](Attr attr) { return doc_.attr(i, attr) != 0; };
      if (is(Attr::kIsSpace) || is(Attr::kIsQuote) || is(Attr::kIsRightPunct)) continue;
      if (is(Attr::kLikeUrl)) return std::nullopt;
      return i;
    }
    return std::nullopt;
  }
  bool ends_with_question_mark(const Span& sentence) const {
    const auto last = last_mark(sentence);
    return last && has_question_mark(*doc_[*last].lex->text);
  }
  bool ends_with_exclamation_mark(const Span& sentence) const {
    const auto last = last_mark(sentence);
    return last && has_exclamation_mark(*doc_[*last].lex->text);
  }

  // What the sentence begins with once greetings and the like are over.
  std::optional<uint32_t> first_word(const Span& sentence) const {
    for (uint32_t i = sentence.start; i < sentence.end; ++i) {
      const StringId pos = doc_[i].pos;
      const bool skipped = pos == ids().punct || pos == ids().space || pos == ids().intj ||
                           pos == ids().cconj || doc_[i].lex->is(Attr::kIsSpace) ||
                           doc_[i].lex->is(Attr::kIsPunct);
      if (!skipped) return i;
    }
    return std::nullopt;
  }

  std::optional<uint32_t> root_of(const Span& sentence) const {
    for (uint32_t i = sentence.start; has_tree_ && i < sentence.end; ++i) {
      if (tree_->head(i) == i && doc_[i].pos != ids().punct && doc_[i].pos != ids().space) return i;
    }
    return std::nullopt;
  }

  bool is_in_main_clause(uint32_t word, bool may_be_complement) const {
    if (!has_tree_) return true;
    for (uint32_t steps = 0; steps < doc_.size() && tree_->head(word) != word; ++steps) {
      const StringId dep = doc_[word].dep;
      if (is_adjunct_clause(dep) || (!may_be_complement && is_complement_clause(dep))) return false;
      word = tree_->head(word);
    }
    return true;
  }

  bool is_interrogative(uint32_t i) const {
    if (is_english_ && is_english_wh(doc_[i].tag)) return true;
    return has_feature(feats(i), "PronType", "Int");
  }

  bool asks(const Span& sentence, uint32_t first, std::optional<uint32_t> root) const {
    const bool has_preposition = doc_[first].pos == ids().adp && first + 1 < sentence.end;
    for (const uint32_t i : {first, has_preposition ? first + 1 : first}) {
      if (is_interrogative(i) && is_in_main_clause(i, true)) return true;
    }
    for (uint32_t i = sentence.start; i < sentence.end; ++i) {
      if (has_feature(feats(i), "PartType", "Int") && is_in_main_clause(i, false)) return true;
    }
    return is_english_ && root && is_inverted(first, *root);
  }

  // "Can you", "is it", "don't they": the finite verb stands before its subject.
  bool is_inverted(uint32_t first, uint32_t root) const {
    if (doc_[first].pos != ids().auxiliary) return false;
    const bool auxiliary = tree_->head(first) == root &&
                           (doc_[first].dep == ids().aux || doc_[first].dep == ids().auxpass);
    if (first != root && !auxiliary) return false;
    const auto subjects = first == root ? tree_->rights(root) : tree_->lefts(root);
    return std::ranges::any_of(subjects,
                               [&](uint32_t i) { return i > first && is_subject(doc_[i].dep); });
  }

  bool denies(const Span& sentence) const {
    for (uint32_t i = sentence.start; i < sentence.end; ++i) {
      const StringId dep = doc_[i].dep;
      const std::string_view features = feats(i);
      if (dep == ids().neg || dep == ids().ng || has_feature(features, "Polarity", "Neg") ||
          has_feature(features, "PronType", "Neg") ||
          (is_english_ && is_english_negation(doc_[i].lex->lower)))
        return true;
    }
    return false;
  }

  bool commands(const Span& sentence, std::optional<uint32_t> root, bool is_question) const {
    if (is_question) return false;
    if (root) {
      if (has_feature(feats(*root), "Mood", "Imp")) return true;
      return is_english_ && is_bare_verb(*root);
    }
    for (uint32_t i = sentence.start; !has_tree_ && i < sentence.end; ++i) {
      if (has_feature(feats(i), "Mood", "Imp")) return true;
    }
    return false;
  }

  // English: nobody does it, no modal and no "to" before it; "do" may ("don't").
  bool is_bare_verb(uint32_t root) const {
    const Token& verb = doc_[root];
    if (verb.tag != ids().base && verb.tag != ids().present) return false;
    static const StringId kDo[] = {string_id("do"), string_id("don't")};
    for (const uint32_t child : tree_->lefts(root)) {
      const Token& token = doc_[child];
      if (is_subject(token.dep) || token.tag == ids().modal || token.tag == ids().to) return false;
      if (token.dep == ids().aux && !is_one_of(token.lex->lower, kDo)) return false;
    }
    return true;
  }

  const Doc& doc_;
  bool has_tree_, has_syntax_, is_english_;
  std::optional<DependencyTree> tree_;
};

}  // namespace

std::vector<SentenceMood> sentence_moods(const Doc& doc) {
  std::vector<SentenceMood> out;
  // Of a single token spaCy says that it has sentences, whoever looked for them.
  const bool alone = doc.size() == 1 && doc[0].sent_start == 0 && doc[0].dep == 0;
  if (doc.size() == 0 || alone || !doc.has_annotation(Attr::kSentStart)) return out;
  const Reader reader(doc);
  for (const Span& sentence : doc.sentences()) out.push_back(reader.mood(sentence));
  return out;
}

}  // namespace pawl

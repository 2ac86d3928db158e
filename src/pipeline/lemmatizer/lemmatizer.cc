#include "pipeline/lemmatizer/lemmatizer.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "pipeline/component/carried.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/lemmatizer/pos_lookup.h"
#include "text/morphology.h"
#include "text/unicode.h"

namespace pawl {
namespace {

constexpr uint64_t kMaxTables = uint64_t{1} << 30;

std::string mode_name(const Json& config) {
  const Json* mode = config.find("mode");
  return mode && mode->is_string() ? mode->as_string() : "lookup";
}

// Languages whose class in spaCy overrides what the base class does in these modes.
bool has_its_own(const std::string& lang, const std::string& mode) {
  constexpr std::string_view kRule[] = {"ca", "el", "es", "fr", "ga", "ht",
                                        "it", "mk", "nl", "pl", "ru", "uk"};
  constexpr std::string_view kLookup[] = {"ht", "nl"};
  if (mode == "rule") return std::ranges::find(kRule, lang) != std::end(kRule);
  if (mode == "lookup") return std::ranges::find(kLookup, lang) != std::end(kLookup);
  return mode != "pos_lookup" || pos_lookup_tables(lang).empty();
}

std::string_view feature(const MorphFeatures& features, std::string_view field) {
  for (const auto& [name, value] : features) {
    if (name == field) return value;
  }
  return {};
}

void put_first(LemmaTables::Forms& forms, const std::string& form) {
  if (std::find(forms.begin(), forms.end(), form) == forms.end()) forms.insert(forms.begin(), form);
}

// What the suffix rules make of a word in lower case: known forms before others.
LemmaTables::Forms rule_forms(const std::string& word, const LemmaTables& tables,
                              const LemmaTables::PartOfSpeech& part) {
  LemmaTables::Forms forms, unknown;
  for (const auto& [old_suffix, new_suffix] : part.suffixes) {
    if (!word.ends_with(old_suffix)) continue;
    std::string form = word.substr(0, word.size() - old_suffix.size()) + new_suffix;
    if (form.empty()) continue;
    if (tables.is_known(part, form))
      forms.insert(forms.begin(), std::move(form));
    else if (!unicode::is_alpha(form))
      forms.push_back(std::move(form));
    else
      unknown.push_back(std::move(form));
  }
  // The first of equal forms keeps its place; so does what exceptions put before them.
  LemmaTables::Forms distinct;
  for (std::string& form : forms) {
    if (std::find(distinct.begin(), distinct.end(), form) == distinct.end())
      distinct.push_back(std::move(form));
  }
  for (const std::string& form : tables.exceptions(part, word)) put_first(distinct, form);
  return distinct.empty() ? unknown : distinct;
}

}  // namespace

Lemmatizer::Lemmatizer(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab)
    : Component(name, "lemmatizer"),
      config_(config),
      vocab_(std::move(vocab)),
      tables_(std::make_shared<LemmaTables>()) {
  const std::string where = "components." + name;
  mode_ = mode_of(config, where);
  if (const Json* model = config.find("model"); model && !model->is_null())
    throw_unsupported(where, "a model of the lemmatizer");
  if (config.find("overwrite")) overwrite_ = flag_setting(config, "overwrite", where);
}

Lemmatizer::Mode Lemmatizer::mode_of(const Json& config, const std::string& where) {
  const std::string mode = mode_name(config);
  if (mode == "rule") return Mode::kRule;
  if (mode == "lookup") return Mode::kLookup;
  if (mode == "pos_lookup") return Mode::kPosLookup;
  throw_unsupported(where, "mode " + mode);
}

std::vector<std::string_view> Lemmatizer::needed_tables() const {
  if (mode_ == Mode::kRule) return {"lemma_rules"};
  if (mode_ == Mode::kLookup) return {"lemma_lookup"};
  const auto tables = pos_lookup_tables(vocab_->lang);
  return {tables.begin(), tables.end()};
}

void Lemmatizer::to_disk(Env& env, const Path& path) const {
  env.create_directories(path / "lookups");
  env.write_file(path / "lookups" / "lookups.bin", tables_->bytes(), false);
}

void Lemmatizer::from_disk(Env& env, const Path& path) {
  const Path file = path / "lookups" / "lookups.bin";
  auto tables = std::make_shared<LemmaTables>(
      LemmaTables::from_bytes(env.read_file(file, {.max_bytes = kMaxTables}), file.string()));
  for (const std::string_view needed : needed_tables()) {
    if (tables->has(needed)) continue;
    throw Error(ErrorKind::kFormat, file.string() + ": has no table '" + std::string(needed) +
                                        "', which the lemmatizer's mode needs");
  }
  tables_ = std::move(tables);
  cache_ = std::make_unique<LemmaCache>();
}

std::unique_ptr<Component> Lemmatizer::clone(std::shared_ptr<Vocab> vocab) const {
  auto copy = std::make_unique<Lemmatizer>(name(), config_, std::move(vocab));
  copy->tables_ = tables_;
  return copy;
}

void Lemmatizer::predict(std::span<Doc> docs) const {
  for (Doc& doc : docs) {
    for (Token& token : doc.tokens()) {
      if (token.lemma == 0 || overwrite_) token.lemma = lemma_of(doc, token);
    }
  }
}

StringId Lemmatizer::lemma_of(Doc& doc, const Token& token) const {
  if (mode_ == Mode::kLookup) return doc.add_string(look_up(token));
  const LemmaCache::Key key{token.lex->orth, token.pos, token.morph};
  if (const StringId* known = cache_->find(key)) return *known;
  const StringId lemma =
      doc.add_string(mode_ == Mode::kRule ? by_rules(token) : look_up_by_pos(token));
  if (!vocab_->is_full()) cache_->add(key, lemma);
  return lemma;
}

std::string Lemmatizer::look_up(const Token& token) const {
  const KeyPlaces* table = tables_->lookup("lemma_lookup");
  const auto lemma = table ? tables_->look_up(*table, token.lex->orth) : std::nullopt;
  return std::string(lemma ? *lemma : *token.lex->text);
}

std::string Lemmatizer::look_up_by_pos(const Token& token) const {
  const std::string& pos = vocab_->strings().at(token.pos);
  return pos_lookup_lemma(vocab_->lang, *tables_, *token.lex->text, pos);
}

std::string Lemmatizer::by_rules(const Token& token) const {
  const StringStore& strings = vocab_->strings();
  const std::string pos = unicode::lower(strings.at(token.pos));
  const std::string& word = *token.lex->text;
  if (pos.empty() || pos == "eol" || pos == "space" || is_base_form(token.pos, token.morph))
    return unicode::lower(word);
  const LemmaTables::PartOfSpeech* part = tables_->find(string_id(pos));
  if (!part || part->empty()) return pos == "propn" ? word : unicode::lower(word);
  return apply_rules(token, *part);
}

std::string Lemmatizer::apply_rules(const Token& token,
                                    const LemmaTables::PartOfSpeech& part) const {
  const LemmaTables::Forms forms = rule_forms(unicode::lower(*token.lex->text), *tables_, part);
  return std::string(forms.empty() ? *token.lex->text : forms.front());
}

// English alone: what is not inflected need not be analysed.
bool Lemmatizer::is_base_form(StringId pos, StringId morph) const {
  if (vocab_->lang != "en" || morph == 0) return false;
  static const StringId noun = string_id("NOUN"), verb = string_id("VERB");
  const MorphFeatures features = parse_morph(vocab_->strings().at(morph));
  const auto has = [&](std::string_view field, std::string_view value) {
    return feature(features, field) == value;
  };
  if (pos == noun && has("Number", "Sing")) return true;
  if (pos == verb && has("VerbForm", "Fin") && has("Tense", "Pres") && has("Number", ""))
    return true;
  return has("VerbForm", "Inf") || has("VerbForm", "None") || has("Degree", "Pos");
}

std::unique_ptr<Component> make_lemmatizer(const std::string& name, const Json& config,
                                           std::shared_ptr<Vocab> vocab) {
  if (has_its_own(vocab->lang, mode_name(config)))
    return std::make_unique<CarriedComponent>(name, "lemmatizer", config);
  return std::make_unique<Lemmatizer>(name, config, std::move(vocab));
}

}  // namespace pawl

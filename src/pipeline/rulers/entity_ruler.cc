#include "pipeline/rulers/entity_ruler.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "pipeline/component/files.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/component/phrases.h"
#include "pipeline/rulers/options.h"
#include "pipeline/rulers/patterns.h"

namespace pawl {
namespace {

class EntityRuler final : public Component, public PhraseOwner {
 public:
  EntityRuler(std::string name, Json config, std::shared_ptr<Vocab> vocab)
      : Component(std::move(name), "entity_ruler"),
        config_(std::move(config)),
        vocab_(std::move(vocab)) {
    const std::string where = "components." + this->name();
    check_fuzzy_compare(config_, where);
    overwrite_ = flag_setting(config_, "overwrite_ents", where);
    separator_ = string_setting(config_, "ent_id_sep", where);
    attribute_ = config_.find("phrase_matcher_attr") != nullptr
                     ? *config_.find("phrase_matcher_attr")
                     : Json();
    patterns_ = RulerPatterns(read_phrase_attribute(&attribute_, where + ".phrase_matcher_attr"));
  }

  std::vector<std::string> labels() const override { return patterns_.labels(); }

  void predict(std::span<Doc> docs) const override {
    for (Doc& doc : docs) annotate(doc);
  }

  Json config() const override { return config_; }

  void to_disk(Env& env, const Path& path) const override {
    env.create_directories(path);
    Json cfg = Json::object();
    cfg["overwrite"] = overwrite_;
    cfg["phrase_matcher_attr"] = attribute_;
    cfg["ent_id_sep"] = separator_;
    write_cfg(env, path, cfg);
    env.write_file(path / "patterns.jsonl", patterns_.write(), false);
  }

  // A folder with cfg and patterns.jsonl, or the file NAME.jsonl of spaCy 2.
  void from_disk(Env& env, const Path& path) override {
    Path file = path.string() + ".jsonl";
    if (!env.exists(file)) {
      read_own_cfg(read_cfg(env, path), path / "cfg");
      file = path / "patterns.jsonl";
    }
    RulerPatterns read(read_phrase_attribute(&attribute_, (path / "cfg").string()));
    read.read(env.read_file(file, {.max_bytes = kMaxPatternBytes}), file.string());
    patterns_ = std::move(read);
    where_ = file.string();
  }

  void compile_phrases(const DocMaker& make_docs) override {
    try {
      patterns_.compile(vocab_->strings(), make_docs);
    } catch (const Error& error) {
      throw error.within(where_.empty() ? "components." + name() : where_);
    }
  }

  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override {
    auto copy = std::make_unique<EntityRuler>(*this);
    copy->vocab_ = std::move(vocab);
    return copy;
  }

 private:
  void read_own_cfg(const Json& cfg, const Path& file) {
    const Json* overwrite = cfg.find("overwrite");
    overwrite_ = overwrite != nullptr && overwrite->is_bool() && overwrite->as_bool();
    const Json* attribute = cfg.find("phrase_matcher_attr");
    attribute_ = attribute != nullptr ? *attribute : Json();
    const Json* separator = cfg.find("ent_id_sep");
    if (separator != nullptr && !separator->is_string())
      throw Error(ErrorKind::kFormat, file.string() + ": ent_id_sep must be a string");
    separator_ = separator != nullptr ? separator->as_string() : "||";
  }

  static bool has_entity(const Doc& doc, const Match& match) {
    for (uint32_t i = match.start; i < match.end; ++i) {
      if (doc[i].ent_type != 0) return true;
    }
    return false;
  }

  // The longest matches first; a match that touches an earlier one's first or last token is left
  // out, entities of earlier components that it overlaps give way.
  void annotate(Doc& doc) const {
    std::vector<Match> matches = patterns_(doc);
    std::stable_sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) {
      const uint32_t x = a.end - a.start, y = b.end - b.start;
      return x != y ? x > y : a.start < b.start;
    });
    std::vector<Span> entities = doc.entities(), added;
    std::vector<bool> seen(doc.size());
    for (const Match& m : matches) {
      if ((!overwrite_ && has_entity(doc, m)) || seen[m.start] || seen[m.end - 1]) continue;
      const RulerPattern& pattern = patterns_.of(m.key);
      added.push_back({m.start, m.end, string_id(pattern.label), 0,
                       pattern.id.empty() ? 0 : string_id(pattern.id)});
      std::erase_if(entities, [&](const Span& e) { return e.start < m.end && e.end > m.start; });
      std::fill(seen.begin() + m.start, seen.begin() + m.end, true);
    }
    entities.insert(entities.end(), added.begin(), added.end());
    std::sort(entities.begin(), entities.end(),
              [](const Span& a, const Span& b) { return a.start < b.start; });
    doc.set_entities(entities);
  }

  Json config_;
  std::shared_ptr<Vocab> vocab_;
  bool overwrite_ = false;
  std::string separator_;
  Json attribute_;
  RulerPatterns patterns_;
  std::string where_;  // the file the patterns come from
};

}  // namespace

std::unique_ptr<Component> make_entity_ruler(const std::string& name, const Json& config,
                                             std::shared_ptr<Vocab> vocab) {
  return std::make_unique<EntityRuler>(name, config, std::move(vocab));
}

}  // namespace pawl

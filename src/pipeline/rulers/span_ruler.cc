#include "pipeline/rulers/span_ruler.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "pipeline/component/files.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/component/phrases.h"
#include "pipeline/rulers/options.h"
#include "pipeline/rulers/patterns.h"
#include "pipeline/rulers/span_filters.h"

namespace pawl {
namespace {

struct SpanRulerOptions {
  std::string spans_key;  // empty: no spans are kept
  SpanFilter spans_filter = SpanFilter::kNone;
  bool annotate_ents = false;
  SpanFilter ents_filter = SpanFilter::kFirstLongest;
  bool overwrite = true;
  Attr phrase_attribute = Attr::kOrth;
};

const Json& or_null(const Json& config, std::string_view key) {
  static const Json kNull;
  const Json* found = config.find(key);
  return found != nullptr ? *found : kNull;
}

SpanRulerOptions read_options(const Json& config, const std::string& where, bool future_entities) {
  SpanRulerOptions out;
  check_fuzzy_compare(config, where);
  out.phrase_attribute =
      read_phrase_attribute(config.find("phrase_matcher_attr"), where + ".phrase_matcher_attr");
  if (future_entities) {
    out.annotate_ents = true;
    out.overwrite = false;
    out.ents_filter = flag_setting(config, "overwrite_ents", where) ? SpanFilter::kPrioritizeNew
                                                                    : SpanFilter::kPreserveExisting;
    return out;
  }
  if (!or_null(config, "spans_key").is_null())
    out.spans_key = string_setting(config, "spans_key", where);
  out.spans_filter = read_span_filter(or_null(config, "spans_filter"), where + ".spans_filter");
  out.annotate_ents = flag_setting(config, "annotate_ents", where);
  out.ents_filter = read_span_filter(or_null(config, "ents_filter"), where + ".ents_filter");
  out.overwrite = flag_setting(config, "overwrite", where);
  return out;
}

class SpanRuler final : public Component, public PhraseOwner {
 public:
  SpanRuler(std::string name, const std::string& factory, Json config, std::shared_ptr<Vocab> vocab)
      : Component(std::move(name), factory),
        config_(std::move(config)),
        vocab_(std::move(vocab)),
        options_(
            read_options(config_, "components." + this->name(), factory == "future_entity_ruler")),
        patterns_(options_.phrase_attribute) {}

  std::vector<std::string> labels() const override { return patterns_.labels(); }

  void predict(std::span<Doc> docs) const override {
    for (Doc& doc : docs) {
      const std::vector<Span> found = find(doc);
      if (!options_.spans_key.empty()) set_spans(doc, found);
      if (options_.annotate_ents) set_entities(doc, found);
    }
  }

  Json config() const override { return config_; }

  void to_disk(Env& env, const Path& path) const override {
    env.create_directories(path);
    env.write_file(path / "patterns", patterns_.write(), false);
  }

  void from_disk(Env& env, const Path& path) override {
    const Path file = path / "patterns";
    RulerPatterns read(options_.phrase_attribute);
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
    auto copy = std::make_unique<SpanRuler>(*this);
    copy->vocab_ = std::move(vocab);
    return copy;
  }

 private:
  // In spaCy's order of spans: by start, end, then by the numbers of label and id.
  std::vector<Span> find(const Doc& doc) const {
    std::vector<Span> spans;
    for (const Match& m : patterns_(doc)) {
      const RulerPattern& pattern = patterns_.of(m.key);
      spans.push_back({m.start, m.end, string_id(pattern.label), 0, string_id(pattern.id)});
    }
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
      return std::tie(a.start, a.end, a.label, a.id) < std::tie(b.start, b.end, b.label, b.id);
    });
    spans.erase(std::unique(spans.begin(), spans.end()), spans.end());
    return spans;
  }

  void set_spans(Doc& doc, const std::vector<Span>& found) const {
    SpanGroup group;
    group.name = options_.spans_key;
    std::vector<Span> existing;
    if (const SpanGroup* old = doc.find_spans(group.name); old != nullptr && !options_.overwrite)
      existing = old->spans;
    group.spans = options_.spans_filter == SpanFilter::kNone
                      ? filter_spans(SpanFilter::kNone, existing, found)
                      : with_filtered(existing, found);
    doc.set_spans(std::move(group));
  }

  // What the filter keeps of both joins what is there, as spaCy has it.
  std::vector<Span> with_filtered(const std::vector<Span>& existing,
                                  const std::vector<Span>& found) const {
    std::vector<Span> out = existing;
    const std::vector<Span> kept = filter_spans(options_.spans_filter, existing, found);
    out.insert(out.end(), kept.begin(), kept.end());
    return out;
  }

  void set_entities(Doc& doc, const std::vector<Span>& found) const {
    std::vector<Span> existing;
    if (!options_.overwrite) existing = doc.entities();
    std::vector<Span> kept = filter_spans(options_.ents_filter, existing, found);
    std::sort(kept.begin(), kept.end(),
              [](const Span& a, const Span& b) { return a.start < b.start; });
    doc.set_entities(kept);
  }

  Json config_;
  std::shared_ptr<Vocab> vocab_;
  SpanRulerOptions options_;
  RulerPatterns patterns_;
  std::string where_;  // the file the patterns come from
};

}  // namespace

std::unique_ptr<Component> make_span_ruler(const std::string& name, const Json& config,
                                           std::shared_ptr<Vocab> vocab) {
  const Json* factory = config.find("factory");
  return std::make_unique<SpanRuler>(
      name, factory != nullptr && factory->is_string() ? factory->as_string() : "span_ruler",
      config, std::move(vocab));
}

}  // namespace pawl

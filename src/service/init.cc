#include <algorithm>
#include <map>

#include "base/error.h"
#include "learn/data/example_record.h"
#include "learn/deploy/original_names.h"
#include "learn/judge/judge.h"
#include "learn/privacy/person_names.h"
#include "learn/privacy/pii.h"
#include "learn/train/provenance.h"
#include "learn/train/vector_cache.h"
#include "service/cycle_settings.h"
#include "service/engine.h"

namespace pawl::service {
namespace {

// With fewer examples a label than this every one of them is worth more in training than as a
// judge.
constexpr size_t kFewPerLabel = 20;

bool enough_to_hold_out(const std::vector<learn::LabeledExample>& examples) {
  size_t labels = 0, labelled = 0;
  for (const learn::Head head : learn::all_heads()) {
    if (head->kind != learn::HeadKind::kLabel) continue;
    labels += learn::labels_of(examples, head).size();
    for (const auto& e : examples) labelled += e.knows(head);
  }
  return labels > 0 && labelled / labels >= kFewPerLabel;
}

std::string seed_id(const learn::LabeledExample& example) {
  return "seed-" + example.key;
}

// The operator's examples are kept like everybody's words: without personal data.
learn::LabeledExample without_personal_data(const learn::LabeledExample& from) {
  learn::Redaction redaction = learn::redact(from.text, learn::find_names(from.text, {}));
  if (redaction.edits.empty()) return from;
  learn::LabeledExample example = from;
  for (auto& [head, annotation] : example.heads) {
    std::vector<EntitySpan> spans;
    for (const auto& e : annotation.spans) spans.push_back({e.start, e.end, e.label});
    annotation.spans.clear();
    for (const auto& e : learn::move_entities(spans, redaction.edits)) {
      annotation.spans.push_back(
          {static_cast<uint32_t>(e.start), static_cast<uint32_t>(e.end), e.label});
    }
  }
  example.text = std::move(redaction.text);
  example.key = learn::text_key(example.text);
  return example;
}

// One text, one example: a later line on the same text adds to the earlier one.
std::vector<learn::LabeledExample> merged(const std::vector<learn::LabeledExample>& examples,
                                          double validation_split) {
  const double split = enough_to_hold_out(examples) ? validation_split : 0.0;
  std::vector<learn::LabeledExample> out;
  std::map<std::string, size_t> by_key;
  for (const auto& given : examples) {
    const learn::LabeledExample e = without_personal_data(given);
    const auto [found, added] = by_key.try_emplace(e.key, out.size());
    if (added) {
      out.push_back(e);
      out.back().split = learn::assign_split(group_key(e.text), split);
      continue;
    }
    auto& first = out[found->second];
    for (const auto& [head, annotation] : e.heads) {
      if (head->kind == learn::HeadKind::kLabel || e.text == first.text)
        first.heads[head] = annotation;
    }
  }
  return out;
}

void store_examples(Store& store, Env& env, const std::string& tenant,
                    const std::vector<learn::LabeledExample>& examples) {
  const int64_t now = env.now_micros();
  write_to(store, [&](Transaction& t) {
    // An attempt that was killed may have left some.
    t.drop_examples(tenant);
    for (const auto& e : examples) {
      ExampleRecord row = learn::to_record(e);
      row.tenant_id = tenant;
      row.example_id = seed_id(e);
      row.version = 1;
      row.conversation_id = row.example_id;
      row.origin = "seed";
      row.created_at = now;
      t.put_split(tenant, group_key(e.text), row.split);
      t.put_example(row);
    }
  });
}

// Nothing went live: what was stored for it serves nobody. The error that led here is the one to
// tell.
void forget_attempt(Store& store, const std::string& tenant) {
  try {
    write_to(store, [&](Transaction& t) {
      if (!t.live(tenant)) t.drop_examples(tenant);
    });
  } catch (const Error&) {
    // The next attempt drops them.
  }
}

std::string describe_candidate(const learn::CandidateHead& candidate) {
  std::string text = std::string(learn::head_name(candidate.head)) + ": " +
                     candidate.trained.recipe + " on " + std::to_string(candidate.examples) +
                     " examples";
  if (!candidate.tried.empty()) {
    text += " (select split:";
    for (const auto& tried : candidate.tried) text += " " + tried;
    text += ")";
  }
  return text;
}

// A head that came with the pipeline stays when the one trained here does not beat it on held-out
// examples.
bool keeps_its_own(const learn::CandidateHead& candidate, const Language& nlp,
                   const std::vector<learn::LabeledExample>& certify) {
  if (learn::find_head(nlp, candidate.head) == nullptr || certify.empty()) return false;
  const auto verdict = learn::judge_candidate(candidate, nlp, certify, {});
  return verdict.candidate.support > 0 && verdict.candidate.accuracy <= verdict.incumbent.accuracy;
}

// Null when the pipeline has no encoder.
std::shared_ptr<learn::CachedVectors> cached_vectors(const Language& nlp, Store& store,
                                                     const std::string& tenant) {
  const learn::EncoderLink encoder = learn::find_encoder(nlp);
  if (encoder.vectors == nullptr) return nullptr;
  return std::make_shared<learn::CachedVectors>(encoder.vectors, store, tenant);
}

std::vector<std::string> train_first_heads(Language& nlp,
                                           const std::vector<learn::LabeledExample>& examples,
                                           const Settings& settings,
                                           std::shared_ptr<const SentenceVectors> vectors,
                                           Progress& progress, Warnings& warnings) {
  learn::CandidateData data;
  if (vectors != nullptr) data.encoder = {learn::find_encoder(nlp).name, vectors};
  std::vector<learn::LabeledExample> certify;
  for (const auto& e : examples)
    (e.split == learn::Split::kCertify ? certify : data.fresh).push_back(e);
  learn::CandidateOptions options = cycle_settings(settings).candidate;
  options.postpone_tuning = true;
  auto candidates = learn::train_candidates(nlp, data, options, progress, warnings);
  std::vector<std::string> told;
  for (auto& candidate : candidates) {
    if (keeps_its_own(candidate, nlp, certify)) {
      told.push_back(std::string(learn::head_name(candidate.head)) +
                     ": the pipeline's own head stays, training did not beat it");
      continue;
    }
    told.push_back(
        describe_candidate(candidate) +
        (candidate.tuning_is_due ? "; its first learning cycle tunes the encoder's layers" : ""));
    learn::put_head(nlp, std::move(candidate.trained.component));
  }
  return told;
}

void refuse_too_many_labels(const std::vector<learn::LabeledExample>& examples) {
  for (const learn::Head head : learn::all_heads()) {
    const size_t labels = learn::labels_of(examples, head).size();
    if (labels <= learn::kMaxLabels) continue;
    throw Error(ErrorKind::kInvalidInput, "the examples name " + std::to_string(labels) +
                                              " labels for " + std::string(learn::head_name(head)) +
                                              ", more than the limit of " +
                                              std::to_string(learn::kMaxLabels));
  }
}

// What will come of examples like these is said before anybody wonders: a label with few of them, a
// head with one label, a text with two labels (the later one counts).
void warn_of_thin_labels(const std::vector<learn::LabeledExample>& given, Warnings& warnings) {
  constexpr size_t kFew = 5;
  for (const learn::Head head : learn::all_heads()) {
    if (head->kind != learn::HeadKind::kLabel) continue;
    const std::string name(learn::head_name(head));
    std::map<std::string, size_t> counts;
    std::map<std::string, std::string> by_text;
    std::map<std::string, size_t> twice;
    for (const auto& e : given) {
      if (!e.knows(head)) continue;
      const std::string& label = e.label(head);
      ++counts[label];
      const auto [at, added] = by_text.try_emplace(e.key, label);
      if (!added && at->second != label) ++twice[at->second + "\" and \"" + label];
      at->second = label;
    }
    for (const auto& [labels, count] : twice) {
      warnings.push_back(name + ": " + std::to_string(count) + " of the texts are labelled \"" +
                         labels + "\"; the later label counts");
    }
    if (counts.size() == 1) {
      warnings.push_back(name + ": \"" + counts.begin()->first +
                         "\" is the only label, so every text will get it; add examples of others");
    }
    for (const auto& [label, count] : counts) {
      if (count >= kFew) continue;
      warnings.push_back(name + ": \"" + label + "\" has " + std::to_string(count) +
                         (count == 1 ? " example" : " examples") + "; five or more teach it well");
    }
  }
}

// The settings of a workspace are those of all its tenants: a later one does not replace them.
void refuse_other_settings(Env& env, const Path& file, const std::string& text) {
  if (!env.exists(file) || env.read_file(file) == text) return;
  throw Error(ErrorKind::kInvalidInput,
              file.string() +
                  ": holds other settings already, those of every tenant of this workspace; change "
                  "them there and leave out --config");
}

// Whatever is wrong with the pipeline is known before anything is made.
std::unique_ptr<Language> first_pipeline(Env& env, const InitOptions& init, const Path& encoder,
                                         Warnings& warnings) {
  auto nlp = init.pipeline ? Language::from_disk(env, *init.pipeline, &warnings)
                           : Language::blank(env, init.language_pack);
  if (!encoder.empty()) learn::add_encoder(env, *nlp, encoder);
  return nlp;
}

std::unique_ptr<FileLock> lock_for_init(const Path& folder) {
  auto lock = FileLock::try_acquire(folder / "init.lock");
  if (lock == nullptr)
    throw Error(ErrorKind::kBusy, folder.string() + ": another 'pawl init' is at work here");
  return lock;
}

void refuse_second_init(Store& store, const Path& folder, const std::string& tenant) {
  if (!read_from(store, [&](Transaction& t) { return t.live(tenant); })) return;
  throw Error(ErrorKind::kInvalidInput,
              folder.string() + ": tenant \"" + tenant +
                  "\" has a live generation already; choose another --workspace or --tenant");
}

// Trained first, stored when nothing but the switch is left to do.
InitSummary make_first_generation(Engine& engine, const std::string& tenant,
                                  const InitOptions& init, Language& nlp, Progress& progress,
                                  Warnings& warnings) {
  Env& env = engine.env();
  const Settings settings = engine.settings();
  InitSummary summary;
  const auto examples = merged(init.examples, settings.number("training.validation_split"));
  summary.examples = examples.size();
  refuse_too_many_labels(examples);
  warn_of_thin_labels(init.examples, warnings);
  const auto names = learn::keep_original_names(env, engine.folder(), tenant, nlp);
  const auto vectors = cached_vectors(nlp, engine.store(), tenant);
  if (!examples.empty())
    summary.heads = train_first_heads(nlp, examples, settings, vectors, progress, warnings);
  learn::NewGeneration made;
  Json details = Json::object();
  learn::write_original_names(names, details);
  made.reason = "first generation, from " + std::to_string(examples.size()) + " labelled examples";
  for (const auto& e : examples) {
    if (e.split != learn::Split::kCertify) made.example_ids.push_back(seed_id(e));
  }
  details["training"] = learn::training_provenance(nlp, cycle_settings(settings).candidate);
  details["dataset"] = learn::dataset_provenance(made.example_ids);
  made.details = to_json(details);
  learn::Generations generations(env, engine.store(), engine.folder(), tenant);
  const auto generation =
      generations.publish(made, [&](const Path& folder) { nlp.to_disk(env, folder); });
  if (init.settings_file)
    write_file_atomically(env, engine.folder() / "pawl.toml", *init.settings_file);
  store_examples(engine.store(), env, tenant, examples);
  if (vectors != nullptr && !examples.empty()) vectors->save();
  generations.activate({generation.generation_id, "init", made.reason}, "");
  summary.generation = generation.generation_id;
  return summary;
}

InitSummary add_first_generation(Engine& engine, const std::string& tenant, const InitOptions& init,
                                 Language& nlp, Progress& progress, Warnings& warnings) {
  const auto lock = lock_for_init(engine.folder());
  refuse_second_init(engine.store(), engine.folder(), tenant);
  learn::Generations(engine.env(), engine.store(), engine.folder(), tenant).sweep();
  if (init.settings_file)
    refuse_other_settings(engine.env(), engine.folder() / "pawl.toml", *init.settings_file);
  try {
    return make_first_generation(engine, tenant, init, nlp, progress, warnings);
  } catch (...) {
    forget_attempt(engine.store(), tenant);
    throw;
  }
}

}  // namespace

Answer<InitSummary> Engine::add_tenant(const std::string& id, const InitOptions& init,
                                       Progress& progress) {
  Answer<InitSummary> answer;
  const auto nlp = first_pipeline(env_, init, options_.encoder, answer.warnings);
  answer.value = add_first_generation(*this, id, init, *nlp, progress, answer.warnings);
  return answer;
}

Answer<InitSummary> init_workspace(Env& env, EngineOptions options, const std::string& tenant,
                                   const InitOptions& init, Progress& progress) {
  Answer<InitSummary> answer;
  const auto nlp = first_pipeline(env, init, options.encoder, answer.warnings);
  env.create_directories(options.folder);
  Engine engine(env, std::move(options), Engine::NewFolder{});
  answer.value = add_first_generation(engine, tenant, init, *nlp, progress, answer.warnings);
  return answer;
}

}  // namespace pawl::service

#include <algorithm>
#include <map>

#include "base/error.h"
#include "learn/data/example_record.h"
#include "learn/deploy/original_names.h"
#include "learn/judge/judge.h"
#include "learn/train/provenance.h"
#include "learn/train/vector_cache.h"
#include "service/cycle_settings.h"
#include "service/engine.h"
#include "service/init_examples.h"

namespace pawl::service {
namespace {

std::string seed_id(const learn::LabeledExample& example) {
  return "seed-" + example.key;
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
    told.push_back(describe_candidate(candidate) +
                   (candidate.tuning_is_due
                        ? "; the first cycle with feedback tunes the encoder's layers, or "
                          "'pawl learn --tune' now"
                        : ""));
    learn::put_head(nlp, std::move(candidate.trained.component));
  }
  return told;
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
  refuse_too_many_labels(init.examples);
  warn_of_thin_labels(init.examples, warnings);
  const auto names = learn::keep_original_names(env, engine.folder(), tenant, nlp);
  // A copy finds the names: what it reads stays out of the vocabulary that is published.
  const auto finder =
      names.id.empty() ? nullptr : learn::open_original_names(env, engine.folder(), names);
  const auto examples = first_examples(init.examples, finder.get(),
                                       settings.number("training.validation_split"), warnings);
  summary.examples = examples.size();
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
  write_persona_rules(env, engine.folder());
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

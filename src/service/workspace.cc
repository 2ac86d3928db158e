#include "service/workspace.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "service/live_model.h"

namespace pawl::service {

namespace {

Json metrics_of(const GenerationRecord& row) {
  try {
    return parse_json(row.metrics);
  } catch (const Error& error) {
    throw error.within("the metrics of generation " + row.generation_id);
  }
}

// The copy appears whole or not at all.
void copy_folder(Env& env, const Path& from, const Path& to) {
  const Path partial = to.string() + ".tmp-" + new_uuid(env);
  try {
    env.create_directories(partial, 0755);
    for (const std::string& file : env.list_files(from)) {
      env.create_directories((partial / file).parent_path(), 0755);
      env.write_file(partial / file, env.read_file(from / file), true, 0644);
    }
    env.rename(partial, to);
  } catch (const Error&) {
    try {
      env.remove_all(partial);
    } catch (const Error&) {
      // The first error is the one to tell.
    }
    throw;
  }
}

[[noreturn]] void fail_without_generation(const std::string& tenant) {
  throw Error(ErrorKind::kNotFound, "tenant \"" + tenant +
                                        "\" has no generation yet; make one with 'pawl init "
                                        "--tenant " +
                                        tenant + "'");
}

}  // namespace

struct Workspace::Live {
  std::unique_ptr<Language> nlp;  // null: no generation can be used, rules answer
  std::string generation;
  bool degraded = false;
};

Workspace::Workspace(Env& env, WorkspaceOptions options) : env_(env), options_(std::move(options)) {
  if (!env_.exists(options_.folder / "pawl.db")) {
    throw Error(ErrorKind::kNotFound,
                options_.folder.string() + ": is no workspace; make one with 'pawl init'");
  }
  store_ = options_.open_store(env_, options_.folder);
  generations_ =
      std::make_unique<learn::Generations>(env_, *store_, options_.folder, options_.tenant);
}

Workspace::~Workspace() = default;

void Workspace::require_tenant() {
  const auto live = read_from(*store_, [&](Transaction& t) { return t.live(options_.tenant); });
  if (!live) fail_without_generation(options_.tenant);
}

// Loads the live generation once; a broken one gives way to an older one, and at last to rules.
Workspace::Live& Workspace::live() {
  if (live_ != nullptr) return *live_;
  auto loaded = std::make_unique<Live>();
  std::optional<learn::LiveGeneration> opened;
  try {
    opened = generations_->open_live();
    if (!opened) fail_without_generation(options_.tenant);
    for (const auto& w : opened->warnings) warnings_.push_back(w);
    loaded->generation = opened->record.generation_id;
    loaded->degraded = opened->degraded;
    loaded->nlp = learn::load_pipeline(env_, opened->pipeline, warnings_);
  } catch (const Error& error) {
    if (!opened && error.kind() != ErrorKind::kFormat) throw;
    warnings_.push_back(std::string(error.what()) + "; answering by rules");
    loaded->nlp = nullptr;
    loaded->generation.clear();
    loaded->degraded = true;
  }
  live_ = std::move(loaded);
  return *live_;
}

std::vector<Analysis> Workspace::analyze(std::span<const std::string> texts) {
  Live& model = live();
  std::vector<Analysis> out;
  if (model.nlp == nullptr) {
    for (const auto& text : texts) out.push_back(describe_by_rules(text));
    return out;
  }
  for (const Doc& doc : model.nlp->pipe(texts)) {
    out.push_back(describe(doc, model.generation));
    out.back().degraded = model.degraded;
  }
  return out;
}

std::unique_ptr<learn::Collector> Workspace::collector() {
  Live& model = live();
  collect_model_ = make_collect_model(model.nlp.get(), model.generation);
  learn::CollectSettings settings;
  settings.tenant_id = options_.tenant;
  settings.consent_by_default = options_.settings.flag("learning.default_consent");
  return std::make_unique<learn::Collector>(env_, *store_, *collect_model_, settings);
}

learn::CycleResult Workspace::learn(bool force, Progress& progress) {
  require_tenant();
  learn::CycleSettings settings = cycle_settings(options_.settings);
  settings.encoder = options_.encoder;
  learn::LearningCycle cycle(env_, *store_, *generations_, options_.folder / "locks",
                             std::move(settings));
  auto result = cycle.run({options_.tenant, force}, progress, warnings_);
  live_.reset();
  return result;
}

std::vector<GenerationView> Workspace::generations() {
  require_tenant();
  const auto [rows, history] = read_from(*store_, [&](Transaction& t) {
    return std::pair{t.generations(options_.tenant), t.live_history(options_.tenant, SIZE_MAX)};
  });
  std::vector<GenerationView> out;
  for (const GenerationRecord& row : rows) {
    GenerationView view;
    view.generation = row.generation_id;
    view.parent = row.parent_id;
    view.cycle = row.cycle_id;
    view.state = row.state;
    view.reason = row.reason;
    view.backup = row.backup_id;
    view.created_at = row.created_at;
    view.metrics = metrics_of(row);
    view.live = !history.empty() && history.front().generation_id == row.generation_id;
    for (const LiveRecord& step : history) {
      if (step.generation_id != row.generation_id) continue;
      view.live_since = step.at;
      view.kind = step.kind;
      break;
    }
    out.push_back(std::move(view));
  }
  return out;
}

learn::RollbackResult Workspace::rollback(const std::string& to, const std::string& reason) {
  auto result = generations_->rollback(reason, to);
  live_.reset();
  return result;
}

learn::LiveGeneration Workspace::open_live() {
  auto opened = generations_->open_live();
  if (!opened) fail_without_generation(options_.tenant);
  for (const auto& w : opened->warnings) warnings_.push_back(w);
  return *std::move(opened);
}

void Workspace::require_free(const Path& target) {
  if (!env_.exists(target)) return;
  if (env_.is_directory(target) && env_.list_directory(target).empty()) return;
  throw Error(ErrorKind::kInvalidInput,
              target.string() + ": exists and is not empty; choose another folder");
}

std::string Workspace::export_pipeline(const Path& target) {
  const learn::LiveGeneration opened = open_live();
  require_free(target);
  copy_folder(env_, opened.pipeline, target.has_filename() ? target : target.parent_path());
  return opened.record.generation_id;
}

}  // namespace pawl::service

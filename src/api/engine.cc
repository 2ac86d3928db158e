#include "api/engine_impl.h"
#include "api/pipeline_impl.h"
#include "api/values.h"
#include "base/error.h"
#include "pipeline/pipeline_path.h"
#include "service/locations.h"
#include "service/workspace_settings.h"
#include "store/sqlite/sqlite_store.h"

namespace pawl::v1 {
namespace {

Settings settings_of(Env& env, const EngineOptions& options) {
  service::SettingSources sources{options.workspace, {}, options.read_environment, {}, "settings"};
  sources.given.assign(options.settings.begin(), options.settings.end());
  return service::read_settings(env, sources);
}

service::EngineOptions engine_options(Env& env, const EngineOptions& options, Warnings& warnings) {
  service::EngineOptions out;
  out.folder = options.workspace;
  out.open_store = [](Env& e, const Path& folder) {
    return open_sqlite_store(e, folder / "pawl.db");
  };
  out.settings = settings_of(env, options);
  out.encoder = service::sentence_encoder(env, out.settings.text("training.encoder"), &warnings);
  return out;
}

service::InitOptions init_options(Env& env, const InitOptions& options) {
  service::InitOptions out;
  std::vector<Path> folders(options.site_packages.begin(), options.site_packages.end());
  if (folders.empty()) folders = service::site_packages(env);
  if (options.pipeline.empty()) {
    out.language_pack = service::language_pack(env, options.lang);
  } else {
    out.pipeline = find_pipeline(env, options.pipeline, folders);
  }
  for (const auto& example : options.examples) out.examples.push_back(labeled_example(example));
  return out;
}

// Whichever pipeline of the tenant is live at the time of a call.
class LiveSource final : public PipelineSource {
 public:
  LiveSource(std::shared_ptr<service::Engine> engine, std::string tenant)
      : engine_(std::move(engine)), tenant_(std::move(tenant)) {}

  Held hold() const override {
    const auto model = engine_->live_models().get(tenant_);
    if (model->nlp == nullptr) {
      throw Error(ErrorKind::kFormat, "no generation of tenant \"" + tenant_ + "\" can be used" +
                                          (model->warnings.empty() ? "" : ": ") +
                                          (model->warnings.empty() ? "" : model->warnings.front()));
    }
    return {model->nlp, model->generation};
  }

 private:
  std::shared_ptr<service::Engine> engine_;
  std::string tenant_;
};

const SettingSpec& spec_of(std::string_view name) {
  if (const SettingSpec* spec = find_setting(name)) return *spec;
  throw Error(ErrorKind::kInvalidInput, "there is no setting \"" + std::string(name) +
                                            "\"; docs/settings.md names those there are");
}

SettingValue value_of(const Settings& settings, const SettingSpec& spec) {
  if (std::holds_alternative<bool>(spec.fallback)) return settings.flag(spec.name);
  if (std::holds_alternative<int64_t>(spec.fallback)) return settings.integer(spec.name);
  if (std::holds_alternative<double>(spec.fallback)) return settings.number(spec.name);
  return settings.text(spec.name);
}

std::map<std::string, SettingValue> group_of(const Settings& settings, std::string_view group) {
  const std::string prefix = std::string(group) + ".";
  std::map<std::string, SettingValue> out;
  for (const SettingSpec& spec : setting_table()) {
    if (spec.name.starts_with(prefix))
      out.emplace(spec.name.substr(prefix.size()), value_of(settings, spec));
  }
  if (out.empty())
    throw Error(ErrorKind::kInvalidInput, "there is no group of settings \"" + std::string(group) +
                                              "\"; docs/settings.md names those there are");
  return out;
}

}  // namespace

Engine Engine::open(const EngineOptions& options) {
  Env& env = Env::real();
  auto impl = std::make_shared<Impl>();
  impl->workspace = options.workspace;
  impl->engine =
      std::make_unique<service::Engine>(env, engine_options(env, options, impl->warnings));
  return Engine(std::move(impl));
}

Engine Engine::init(const EngineOptions& options, const InitOptions& init, std::string_view tenant,
                    const RunOptions& run) {
  Env& env = Env::real();
  RunProgress progress(run);
  Warnings told;
  auto made = service::init_workspace(env, engine_options(env, options, told), std::string(tenant),
                                      init_options(env, init), progress);
  Engine engine = open(options);
  auto& warnings = engine.impl_->warnings;
  warnings.insert(warnings.end(), made.warnings.begin(), made.warnings.end());
  return engine;
}

std::vector<std::string> Engine::tenants() const {
  return impl_->engine->tenants();
}

const std::filesystem::path& Engine::workspace() const {
  return impl_->workspace;
}

const std::vector<std::string>& Engine::warnings() const {
  return impl_->warnings;
}

std::vector<Analysis> Engine::analyze(std::span<const std::string> texts, std::string_view tenant,
                                      std::string_view user_id) const {
  auto answer = impl_->tenant(tenant).analyze(texts, std::string(user_id));
  std::vector<Analysis> out;
  out.reserve(answer.value.size());
  for (auto& analysis : answer.value) {
    out.push_back(analysis_of(std::move(analysis)));
    out.back().warnings = answer.warnings;
  }
  return out;
}

Pipeline Engine::pipeline(std::string_view tenant) const {
  auto impl = std::make_shared<Pipeline::Impl>();
  // The engine lives as long as its pipelines do.
  impl->source = std::make_shared<LiveSource>(
      std::shared_ptr<service::Engine>(impl_, impl_->engine.get()), std::string(tenant));
  impl->source->hold();
  return Pipeline(std::move(impl));
}

std::vector<Generation> Engine::generations(std::string_view tenant) const {
  std::vector<Generation> out;
  for (const auto& view : impl_->tenant(tenant).generations()) out.push_back(generation_of(view));
  return out;
}

std::string Engine::rollback(std::string_view to, std::string_view tenant,
                             std::string_view reason) const {
  return impl_->tenant(tenant).rollback(std::string(to), std::string(reason)).value.to_id;
}

std::string Engine::export_pipeline(const std::filesystem::path& folder,
                                    std::string_view tenant) const {
  return impl_->tenant(tenant).export_pipeline(folder).value;
}

SettingValue Engine::setting(std::string_view name) const {
  return value_of(impl_->engine->settings(), spec_of(name));
}

void Engine::change_setting(std::string_view name, SettingValue value) const {
  impl_->engine->change_setting(name, std::move(value));
}

void Engine::change_settings(const std::map<std::string, SettingValue>& values) const {
  impl_->engine->change_settings(values);
}

std::map<std::string, SettingValue> Engine::settings(std::string_view group) const {
  return group_of(impl_->engine->settings(), group);
}

std::map<std::string, SettingValue> Engine::settings_at_start(const EngineOptions& options,
                                                              std::string_view group) {
  return group_of(settings_of(Env::real(), options), group);
}

}  // namespace pawl::v1

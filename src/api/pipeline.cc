#include "pawl/pipeline.h"

#include <algorithm>

#include "api/pipeline_impl.h"
#include "base/error.h"
#include "pipeline/pipeline_path.h"
#include "service/live_models.h"
#include "service/locations.h"
#include "service/target_folder.h"

namespace pawl::v1 {
namespace {

constexpr size_t kBatch = 128;

class FixedSource final : public PipelineSource {
 public:
  explicit FixedSource(std::shared_ptr<const Language> nlp) : nlp_(std::move(nlp)) {}
  Held hold() const override { return {nlp_, ""}; }

 private:
  std::shared_ptr<const Language> nlp_;
};

std::vector<std::string> names_of(const Language& nlp) {
  std::vector<std::string> names;
  for (const Json& name : nlp.config().at("nlp").at("pipeline").as_array())
    names.push_back(name.as_string());
  return names;
}

void require_component(const Language& nlp, std::string_view name) {
  if (nlp.find(name) != nullptr) return;
  std::string known;
  for (const auto& component : names_of(nlp)) known += (known.empty() ? "" : ", ") + component;
  throw Error(ErrorKind::kNotFound, "the pipeline has no component '" + std::string(name) +
                                        "'; it has " + (known.empty() ? "none" : known));
}

std::set<std::string> checked(const Language& nlp, std::span<const std::string> components) {
  for (const auto& name : components) require_component(nlp, name);
  return {components.begin(), components.end()};
}

}  // namespace

std::vector<const Component*> Pipeline::Impl::running(const Language& nlp) const {
  std::vector<const Component*> out;
  const auto& enabled = nlp.pipe_names();
  for (const auto& name : only ? names_of(nlp) : enabled) {
    if ((only && !only->contains(name)) || off.contains(name)) continue;
    out.push_back(nlp.find(name));
  }
  return out;
}

void Pipeline::Impl::annotate(const Language& nlp, std::span<pawl::Doc> docs) const {
  if (!only && off.empty()) return nlp.annotate(docs);
  for (const Component* component : running(nlp)) component->predict(docs);
}

Pipeline Pipeline::load(const std::string& path_or_name, const LoadOptions& options) {
  Env& env = Env::real();
  std::vector<Path> folders(options.site_packages.begin(), options.site_packages.end());
  if (folders.empty()) folders = service::site_packages(env);
  auto impl = std::make_shared<Impl>();
  std::shared_ptr<const Language> nlp =
      Language::from_disk(env, find_pipeline(env, path_or_name, folders), &impl->warnings);
  nlp->vocab().set_capacity(service::kServedForms);
  impl->off = checked(*nlp, options.disable);
  impl->source = std::make_shared<FixedSource>(std::move(nlp));
  return Pipeline(std::move(impl));
}

Doc Pipeline::operator()(std::string_view text) const {
  const auto held = impl_->source->hold();
  auto doc = std::make_shared<Doc::Impl>(Doc::Impl{held.nlp, held.nlp->make_doc(text)});
  impl_->annotate(*held.nlp, {&doc->doc, 1});
  return Doc(std::move(doc));
}

Doc Pipeline::make_doc(std::string_view text) const {
  const auto held = impl_->source->hold();
  return Doc(std::make_shared<Doc::Impl>(Doc::Impl{held.nlp, held.nlp->make_doc(text)}));
}

std::vector<Doc> Pipeline::pipe(std::span<const std::string> texts) const {
  const auto held = impl_->source->hold();
  std::vector<Doc> out;
  out.reserve(texts.size());
  for (size_t begin = 0; begin < texts.size(); begin += kBatch) {
    std::vector<pawl::Doc> docs;
    for (const auto& text : texts.subspan(begin, std::min(kBatch, texts.size() - begin)))
      docs.push_back(held.nlp->make_doc(text));
    impl_->annotate(*held.nlp, docs);
    for (auto& doc : docs)
      out.push_back(Doc(std::make_shared<Doc::Impl>(Doc::Impl{held.nlp, std::move(doc)})));
  }
  return out;
}

std::vector<std::string> Pipeline::pipe_names() const {
  const auto held = impl_->source->hold();
  std::vector<std::string> names;
  for (const Component* component : impl_->running(*held.nlp)) names.push_back(component->name());
  return names;
}

std::vector<std::string> Pipeline::component_names() const {
  return names_of(*impl_->source->hold().nlp);
}

std::vector<std::string> Pipeline::labels(std::string_view component) const {
  const auto held = impl_->source->hold();
  require_component(*held.nlp, component);
  return held.nlp->find(component)->labels();
}

Pipeline Pipeline::enable(std::span<const std::string> components) const {
  auto changed = std::make_shared<Impl>(*impl_);
  changed->only = checked(*impl_->source->hold().nlp, components);
  changed->off.clear();
  return Pipeline(std::move(changed));
}

Pipeline Pipeline::disable(std::span<const std::string> components) const {
  auto changed = std::make_shared<Impl>(*impl_);
  changed->off.merge(checked(*impl_->source->hold().nlp, components));
  return Pipeline(std::move(changed));
}

std::string Pipeline::lang() const {
  return impl_->source->hold().nlp->vocab().lang;
}

std::string Pipeline::meta_json() const {
  return pawl::to_json(impl_->source->hold().nlp->meta());
}

std::string Pipeline::config_json() const {
  return pawl::to_json(impl_->source->hold().nlp->config());
}

const std::vector<std::string>& Pipeline::warnings() const {
  return impl_->warnings;
}

std::string Pipeline::generation() const {
  return impl_->source->hold().generation;
}

void Pipeline::to_disk(const std::filesystem::path& folder) const {
  const auto held = impl_->source->hold();
  service::require_free(Env::real(), folder);
  service::write_whole(Env::real(), folder,
                       [&](const Path& fresh) { held.nlp->to_disk(Env::real(), fresh); });
}

}  // namespace pawl::v1

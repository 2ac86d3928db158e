#include "cli/pipeline_options.h"

#include "base/error.h"
#include "config/python_json.h"
#include "pipeline/pipeline_path.h"
#include "service/locations.h"

namespace pawl::cli {

std::unique_ptr<Language> load_pipeline(Context& context, const std::string& name) {
  Warnings warnings;
  const Path folder = find_pipeline(context.env, name, service::site_packages(context.env));
  auto language = Language::from_disk(context.env, folder, &warnings);
  context.warn_all(warnings);
  return language;
}

std::vector<GoldDoc> load_corpus(Context& context, const Path& path, const Language& language,
                                 const CorpusOptions& options) {
  Warnings warnings;
  try {
    auto corpus = read_corpus(context.env, path, language, warnings, options);
    context.warn_all(warnings);
    return corpus;
  } catch (const Error&) {
    context.warn_all(warnings);
    throw;
  }
}

ConfigOverrides parse_overrides(const std::vector<std::string>& arguments) {
  ConfigOverrides out;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    const size_t equals = name.find('=');
    const std::string path = name.substr(0, equals);
    if (!path.starts_with("--") || path.find('.') == std::string::npos) {
      throw UsageError("unknown argument '" + name +
                       "'; settings are given as --section.key value");
    }
    if (equals == std::string::npos && i + 1 == arguments.size()) {
      throw UsageError(name + " lacks a value");
    }
    const std::string value =
        equals == std::string::npos ? arguments[++i] : name.substr(equals + 1);
    out.emplace_back(path.substr(2), parse_python_json(value).value_or(Json(value)));
  }
  return out;
}

}  // namespace pawl::cli

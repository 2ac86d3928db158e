#include "pipeline/pipeline_path.h"

#include <optional>

#include "base/error.h"

namespace pawl {

namespace {

std::optional<Path> find_below(Env& env, const Path& path) {
  if (!env.is_directory(path)) return {};
  if (env.exists(path / "config.cfg")) return path;
  if (env.exists(path / "meta.json") && env.exists(path / "vocab")) {
    throw Error(
        ErrorKind::kUnsupported,
        path.string() +
            ": a pipeline without config.cfg is one of spaCy 2; train it again with spaCy 3");
  }
  std::optional<Path> found;
  for (const std::string& name : env.list_directory(path)) {
    if (!env.is_directory(path / name) || !env.exists(path / name / "config.cfg")) continue;
    if (found) {
      throw Error(ErrorKind::kInvalidInput,
                  path.string() + ": holds more than one pipeline; name the folder of one");
    }
    found = path / name;
  }
  return found;
}

}  // namespace

Path find_pipeline(Env& env, const Path& path, std::span<const Path> site_folders) {
  if (const auto found = find_below(env, path)) return *found;
  const bool is_name = path.is_relative() && !path.has_parent_path();
  std::string looked;
  for (const Path& folder : site_folders) {
    if (!is_name || path == "..") break;
    if (const auto found = find_below(env, folder / path)) return *found;
    looked += (looked.empty() ? " and as a package in " : ", ") + folder.string();
  }
  throw Error(ErrorKind::kNotFound, path.string() +
                                        ": no pipeline there (a folder with a config.cfg)" +
                                        (looked.empty() ? "" : "; looked there" + looked));
}

}  // namespace pawl

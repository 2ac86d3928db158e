#include "pipeline/component/files.h"

#include <string>
#include <vector>

#include "base/error.h"
#include "pipeline/component/model_file.h"
#include "pipeline/component/srsly_json.h"

namespace pawl {

namespace {

// What networks find their way through a tree by: names of layers without children, references.
struct Landmarks {
  explicit Landmarks(nn::Node& root) {
    for (const nn::Node* node : nn::walk(root)) {
      names.push_back(node->layers.empty() ? node->name : std::string());
      refs.push_back(node->refs);
    }
  }
  bool operator==(const Landmarks&) const = default;

  std::vector<std::string> names;
  std::vector<decltype(nn::Node::refs)> refs;
};

}  // namespace

void write_model(Env& env, const Path& folder, nn::Node& root) {
  env.create_directories(folder);
  env.write_file(folder / "model", nn::to_bytes(root), false);
}

void read_model(Env& env, const Path& folder, nn::Node& root) {
  read_model_file(env, folder / "model", root);
}

void read_model_file(Env& env, const Path& file, nn::Node& root) {
  const Landmarks built(root);
  nn::from_bytes(root, env.read_bytes(file).view(), file.string());
  if (Landmarks(root) == built) return;
  throw Error(ErrorKind::kFormat,
              file.string() +
                  ": names or references of layers are not those of the architecture "
                  "in config.cfg; save the pipeline again with spaCy");
}

bool all_defined(nn::Node& root) {
  for (const nn::Node* node : nn::walk(root)) {
    for (const auto& param : node->params) {
      if (!param->defined) return false;
    }
  }
  return true;
}

void write_cfg(Env& env, const Path& folder, const Json& cfg) {
  env.create_directories(folder);
  env.write_file(folder / "cfg", srsly_json(cfg), false);
}

Json read_cfg(Env& env, const Path& folder) {
  const Path file = folder / "cfg";
  if (!env.exists(file)) return Json::object();
  try {
    Json cfg = parse_json(env.read_file(file));
    if (!cfg.is_object()) throw Error(ErrorKind::kFormat, "this is no JSON object");
    return cfg;
  } catch (const Error& error) {
    throw error.within(file.string());
  }
}

}  // namespace pawl

#include "learn/deploy/manifest.h"

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

namespace pawl::learn {

namespace {

constexpr int kFormatVersion = 1;
constexpr const char* kCodeVersion = "pawl " PAWL_VERSION;
constexpr uint64_t kMaxManifestBytes = uint64_t{16} << 20;
constexpr uint64_t kMaxFileBytes = uint64_t{2} << 30;

GenerationManifest parse_manifest(const Path& path, const std::string& text) {
  try {
    const Json json = parse_json(text);
    if (json.at("format").as_int() != kFormatVersion) {
      throw Error(ErrorKind::kUnsupported,
                  path.string() + " was written by another version of pawl");
    }
    GenerationManifest manifest;
    manifest.generation_id = json.at("generation_id").as_string();
    manifest.tenant_id = json.at("tenant_id").as_string();
    manifest.cycle_id = json.at("cycle_id").as_string();
    for (const Json& file : json.at("files").as_array()) {
      manifest.files.push_back(
          {file.at("path").as_string(), file.at("size").as_uint(), file.at("blake2b").as_string()});
    }
    return manifest;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kUnsupported) throw;
    throw Error(ErrorKind::kFormat, path.string() + " is damaged: " + e.what());
  }
}

std::string compare_file(Env& env, const Path& folder, const ManifestFile& file) {
  if (file.size > kMaxFileBytes) return file.path + " has an impossible size";
  if (!env.exists(folder / file.path)) return file.path + " is missing";
  if (env.is_directory(folder / file.path)) return file.path + " is a folder";
  const std::string bytes = env.read_file(folder / file.path, {kMaxFileBytes});
  if (bytes.size() != file.size) {
    return file.path + " has " + std::to_string(bytes.size()) + " bytes instead of " +
           std::to_string(file.size);
  }
  return blake2b_hex(bytes) == file.blake2b ? "" : file.path + " was changed";
}

}  // namespace

std::string describe_folder(Env& env, const Path& folder, const GenerationRecord& record) {
  Json files = Json::array();
  for (const std::string& name : env.list_files(folder)) {
    const std::string bytes = env.read_file(folder / name, {kMaxFileBytes});
    files.push_back(Json::Object{
        {"path", name}, {"size", uint64_t{bytes.size()}}, {"blake2b", blake2b_hex(bytes)}});
  }
  const Json manifest = Json::Object{{"format", kFormatVersion},
                                     {"generation_id", record.generation_id},
                                     {"tenant_id", record.tenant_id},
                                     {"parent_id", record.parent_id},
                                     {"cycle_id", record.cycle_id},
                                     {"created_at", format_time(record.created_at)},
                                     {"code_version", kCodeVersion},
                                     {"reason", record.reason},
                                     {"metrics", parse_json(record.metrics)},
                                     {"details", parse_json(record.details)},
                                     {"files", std::move(files)}};
  return to_json(manifest, {.indent = 1}) + "\n";
}

GenerationManifest read_manifest(Env& env, const Path& folder) {
  const Path path = folder / kManifestName;
  return parse_manifest(path, env.read_file(path, {kMaxManifestBytes}));
}

std::string compare_with_manifest(Env& env, const Path& folder, const std::string& manifest_hash) {
  const Path path = folder / kManifestName;
  try {
    const std::string text = env.read_file(path, {kMaxManifestBytes});
    if (blake2b_hex(text) != manifest_hash) return path.string() + " was changed";
    const GenerationManifest manifest = parse_manifest(path, text);
    for (const ManifestFile& file : manifest.files) {
      const std::string problem = compare_file(env, folder, file);
      if (!problem.empty()) return folder.string() + ": " + problem;
    }
    const size_t present = env.list_files(folder).size();
    if (present != manifest.files.size() + 1)
      return folder.string() + " holds files that do not belong there";
    return "";
  } catch (const Error& e) {
    // What cannot be read now (no permission, too many open files) is not shown to be damaged.
    if (e.kind() != ErrorKind::kFormat && e.kind() != ErrorKind::kNotFound) throw;
    return e.what();
  }
}

}  // namespace pawl::learn
